"""Evolution's data server, told what to do by lines of JSON: `[METHOD, ARGUMENT, ...]` in, `{"answer": ...}` or `{"error": "..."}` out.

Run by the system's Python, which Debian's bindings belong to, on a session bus of its own (`dbus-run-session`). The methods are those of `Evolution`;
a kind is `events`, `tasks` or `contacts`, and a collection is named by its path on the server.
"""

import json
import sys
import time
import traceback
from urllib.parse import urlsplit

import gi

for namespace, version in (("EDataServer", "1.2"), ("ECal", "2.0"), ("EBook", "1.2"), ("EBookContacts", "1.2"), ("ICalGLib", "3.0")):
    gi.require_version(namespace, version)

from gi.repository import EBook, EBookContacts, ECal, EDataServer, GLib, GObject, ICalGLib  # noqa: E402

ACCOUNT = "kalends-of-tests"
# How long to wait for a back end to be connected, in seconds.
CONNECTED_WITHIN = 30
DO_NOT_WAIT = 2**32 - 1
VCARD_3 = getattr(EBookContacts.VCardFormat, "30")

# The part of a source that makes it one of this kind, and the back end for it.
KINDS = {
    "events": (EDataServer.SOURCE_EXTENSION_CALENDAR, "caldav"),
    "tasks": (EDataServer.SOURCE_EXTENSION_TASK_LIST, "caldav"),
    "contacts": (EDataServer.SOURCE_EXTENSION_ADDRESS_BOOK, "carddav"),
}
SOURCE_TYPES = {"events": ECal.ClientSourceType.EVENTS, "tasks": ECal.ClientSourceType.TASKS}

# A source has the parts whose types are known by then.
for part in ("Collection", "Authentication", "Webdav", "Calendar", "TaskList", "AddressBook"):
    GObject.type_ensure(getattr(EDataServer, f"Source{part}"))


class Evolution:
    """Somebody's Evolution, with one account."""

    def __init__(self):
        self.registry = EDataServer.SourceRegistry.new_sync(None)
        self.clients = {}

    def sign_in(self, url: str, name: str, password: str):
        """Makes an account of the kind that Evolution's own wizard makes; from here on the data server finds what is there by itself."""
        address = urlsplit(url)
        account = EDataServer.Source.new_with_uid(ACCOUNT, None)
        account.set_display_name("Kalends")
        collection = account.get_extension(EDataServer.SOURCE_EXTENSION_COLLECTION)
        collection.set_backend_name("webdav")
        collection.set_identity(name)
        collection.set_calendar_enabled(True)
        collection.set_contacts_enabled(True)
        collection.set_calendar_url(url)
        collection.set_contacts_url(url)
        authentication = account.get_extension(EDataServer.SOURCE_EXTENSION_AUTHENTICATION)
        authentication.set_host(address.hostname)
        authentication.set_port(address.port)
        authentication.set_user(name)
        authentication.set_method("plain/password")
        account.store_password_sync(password, True, None)
        self.registry.commit_source_sync(account, None)
        credentials = EDataServer.NamedParameters.new()
        credentials.set(EDataServer.SOURCE_CREDENTIAL_USERNAME, name)
        credentials.set(EDataServer.SOURCE_CREDENTIAL_PASSWORD, password)
        self.origin = url.rstrip("/")
        self.session = EDataServer.WebDAVSession.new(account)
        self.session.set_credentials(credentials)

    def look_again(self):
        """Has the data server find out anew which collections there are."""
        self.registry.refresh_backend_sync(ACCOUNT, None)

    def collections(self, kind: str) -> dict:
        """The names of the collections that were found, by the path of each."""
        return {path(source): source.get_display_name() for source in self._sources(kind)}

    def colour(self, kind: str, collection: str) -> str:
        """The colour that a calendar or task list is shown in."""
        return self._source(kind, collection).get_extension(KINDS[kind][0]).dup_color()

    def make_collection(self, kind: str, collection: str, name: str):
        """Makes a collection on the server, as Evolution's *Browse* does."""
        if kind == "contacts":
            self.session.mkcol_addressbook_sync(self.origin + collection, name, None, None)
        else:
            supports = getattr(EDataServer.WebDAVResourceSupports, kind.upper())
            self.session.mkcalendar_sync(self.origin + collection, name, None, "#aa00ff", supports, None)

    def remove_collection(self, collection: str):
        """Removes a collection from the server, in the same way."""
        self.session.delete_sync(self.origin + collection, EDataServer.WEBDAV_DEPTH_INFINITY, None, None)

    def objects(self, kind: str, collection: str) -> dict:
        """What the data server has of a collection: a list of texts by UID, of which a recurring event may have several."""
        client = self._client(kind, collection)
        texts = {}
        if kind == "contacts":
            for contact in client.get_contacts_sync("#t", None)[1]:
                texts[contact.get_property("id")] = [contact.to_string(VCARD_3)]
            return texts
        for component in client.get_object_list_sync("#t", None)[1]:
            texts.setdefault(component.get_uid(), []).append(component.as_ical_string())
        return texts

    def refresh(self, kind: str, collection: str):
        """Has the data server ask the server for changes. It does so after the answer to this."""
        self._client(kind, collection).refresh_sync(None)

    def create(self, kind: str, collection: str, text: str) -> str:
        """Makes an object, and returns its UID."""
        client = self._client(kind, collection)
        if kind == "contacts":
            contact = EBookContacts.Contact.new_from_vcard(text)
            return client.add_contact_sync(contact, EBookContacts.BookOperationFlags.NONE, None)[1]
        component = ICalGLib.Component.new_from_string(text)
        return client.create_object_sync(component, ECal.OperationFlags.NONE, None)[1]

    def modify(self, kind: str, collection: str, text: str):
        """Puts an object in the place of the one with its UID; one with a RECURRENCE-ID in that of this one instance. Where somebody has changed it
        meanwhile, that is an error; without this flag, the data server would write over it."""
        client = self._client(kind, collection)
        if kind == "contacts":
            contact = EBookContacts.Contact.new_from_vcard(text)
            client.modify_contact_sync(contact, EBookContacts.BookOperationFlags.CONFLICT_FAIL, None)
            return
        component = ICalGLib.Component.new_from_string(text)
        which = ECal.ObjModType.THIS if "RECURRENCE-ID" in text else ECal.ObjModType.ALL
        client.modify_object_sync(component, which, ECal.OperationFlags.CONFLICT_FAIL, None)

    def remove(self, kind: str, collection: str, uid: str, instance: str | None = None):
        """Removes an object, or one instance of it."""
        client = self._client(kind, collection)
        if kind == "contacts":
            client.remove_contact_by_uid_sync(uid, EBookContacts.BookOperationFlags.NONE, None)
            return
        which = ECal.ObjModType.THIS if instance else ECal.ObjModType.ALL
        client.remove_object_sync(uid, instance, which, ECal.OperationFlags.NONE, None)

    def _client(self, kind: str, collection: str):
        if (kind, collection) not in self.clients:
            source = self._source(kind, collection)
            # What is made before the back end is connected, it keeps to itself for a while.
            if kind == "contacts":
                client = EBook.BookClient.connect_sync(source, DO_NOT_WAIT, None)
            else:
                client = ECal.Client.connect_sync(source, SOURCE_TYPES[kind], DO_NOT_WAIT, None)
            hear_until(lambda: source.get_connection_status() == EDataServer.SourceConnectionStatus.CONNECTED)
            self.clients[kind, collection] = client
        return self.clients[kind, collection]

    def _source(self, kind: str, collection: str):
        [source] = [source for source in self._sources(kind) if path(source) == collection]
        return source

    def _sources(self, kind: str) -> list:
        hear_until(lambda: True)
        return [source for source in self.registry.list_sources(KINDS[kind][0]) if source.get_parent() == ACCOUNT]


def hear_until(condition):
    """Takes in what the data server has said, until a condition holds."""
    context = GLib.MainContext.default()
    end = time.monotonic() + CONNECTED_WITHIN
    while True:
        while context.iteration(False):
            pass
        if condition():
            return
        if time.monotonic() > end:
            raise TimeoutError(f"not connected within {CONNECTED_WITHIN} s")
        time.sleep(0.02)


def path(source) -> str:
    """The path of a collection on the server."""
    return source.get_extension(EDataServer.SOURCE_EXTENSION_WEBDAV_BACKEND).dup_resource_path()


def main():
    evolution = Evolution()
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        try:
            answer = {"answer": getattr(evolution, method)(*arguments)}
        except GLib.Error as error:
            answer = {"error": error.message}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
