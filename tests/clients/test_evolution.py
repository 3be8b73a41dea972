"""Evolution's data server, which Evolution and GNOME's calendar and contacts work through, without a screen: what it finds, what it makes, changes and
removes there, and what it sees of others. The data server itself is told what to do by evolution.py."""

import json
import os
import re
import subprocess

import pytest
from other import Other, calendar, eventually
from samples import CANDLES, CHOIR

# The system's own, which Debian's bindings of the data server belong to.
PYTHON = "/usr/bin/python3"

EVENT = """BEGIN:VEVENT\r
UID:tea\r
DTSTAMP:20260101T000000Z\r
DTSTART:20260314T120000Z\r
DTEND:20260314T130000Z\r
SUMMARY:Tea with Zoë\r
END:VEVENT\r
"""
CARD = """BEGIN:VCARD\r
VERSION:3.0\r
UID:zoe\r
N:Brontë;Zoë;;;\r
FN:Zoë Brontë\r
EMAIL;TYPE=WORK:zoe@example.org\r
END:VCARD\r
"""


class Evolution:
    """The data server with a home, a session bus and a keyring of its own. Every method of evolution.py's `Evolution` is one of this."""

    def __init__(self, directory, account):
        runtime = directory / "run"
        runtime.mkdir(parents=True, mode=0o700)
        self.log = directory / "log"
        self.account = account
        environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C.UTF-8"}
        # Neither a desktop's settings nor its keyring: libsecret has a file for those who have none.
        environment |= {"GSETTINGS_BACKEND": "memory", "SECRET_BACKEND": "file"}
        environment |= {"SECRET_FILE_TEST_PATH": str(directory / "keyring"), "SECRET_FILE_TEST_PASSWORD": "of the keyring"}
        self.process = subprocess.Popen(
            ["dbus-run-session", "--", PYTHON, os.path.join(os.path.dirname(__file__), "evolution.py")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log.open("wb"),
            text=True,
        )
        self.sign_in(account.url, account.name, account.password)

    def __getattr__(self, method):
        def call(*arguments):
            self.process.stdin.write(json.dumps([method, *arguments]) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
            assert line, self.log.read_text()
            told = json.loads(line)
            if "error" in told:
                raise Refused(told["error"])
            return told["answer"]

        return call

    def find(self, kind: str, name: str) -> str:
        """The path of the collection of a name, once the data server has found it."""
        found = eventually(lambda: self.collections(kind), lambda collections: name in collections.values())
        return next(path for path, displayed in found.items() if displayed == name)

    def find_anew(self, kind: str, name: str) -> str:
        """The same, of a collection that was made or renamed after the sign-in. It is asked to look again until it has found it: while it still looks, it drops
        what it is asked, and it may have been past that collection by then."""
        eventually(lambda: self.look_again() or self.collections(kind), lambda collections: name in collections.values())
        return self.find(kind, name)

    def sees(self, kind: str, collection: str, expected) -> dict:
        """What the data server has of a collection, once that is as expected: it asks the server, which answers in its own time."""
        self.refresh(kind, collection)
        return eventually(lambda: self.objects(kind, collection), expected)

    def edit(self, kind: str, collection: str, uid: str, before: str, after: str):
        """Changes a text in what the data server has of an object."""
        [text] = self.objects(kind, collection)[uid]
        assert before in text
        self.modify(kind, collection, text.replace(before, after))

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


class Refused(Exception):
    """What the data server does not do, and why."""


@pytest.fixture
def start(account, tmp_path):
    """Starts a data server that has signed in."""
    started = []

    def start() -> Evolution:
        started.append(Evolution(tmp_path / f"evolution{len(started)}", account))
        return started[-1]

    yield start
    for evolution in started:
        evolution.stop()


@pytest.fixture
def evolution(start) -> Evolution:
    return start()


def has(uid: str, text: str):
    """Whether an object is there, and has a text in one of its components."""
    return lambda objects: any(text in component for component in objects.get(uid, []))


def test_everything_is_found(evolution, other, account):
    home = f"/dav/calendars/{account.name}/"
    assert evolution.find("events", "Personal") == f"{home}personal/"
    assert evolution.find("tasks", "Tasks") == f"{home}tasks/"
    assert evolution.find("contacts", "Contacts") == f"/dav/addressbooks/{account.name}/contacts/"

    # A name that somebody else gives is seen, and so is a new calendar with its colour. A colour that changes is not: Evolution's is the user's from then on.
    body = '<propertyupdate xmlns="DAV:"><set><prop><displayname>Zuhause &amp; unterwegs</displayname></prop></set></propertyupdate>'
    assert other.session.request("PROPPATCH", f"{other.origin}{home}personal/", data=body).status_code == 207
    other.make_calendar(f"{home}garden/", "Garden", "#aa00ff")
    assert evolution.find_anew("events", "Garden") == f"{home}garden/"
    assert evolution.find_anew("events", "Zuhause & unterwegs") == f"{home}personal/"
    assert evolution.colour("events", f"{home}garden/").lower() == "#aa00ff"


def test_events(evolution, other):
    personal = evolution.find("events", "Personal")
    evolution.create("events", personal, EVENT)
    path, _ = other.only(personal, "SUMMARY:Tea with Zoë", "DTSTART:20260314T120000Z")
    evolution.edit("events", personal, "tea", "Tea", "Coffee")
    other.only(personal, "SUMMARY:Coffee with Zoë")

    # What another client changes and adds is seen, and then changed in turn.
    other.put(path, calendar(EVENT.replace("Tea", "Chocolate")))
    other.put(personal + "from-elsewhere.ics", calendar(EVENT.replace("UID:tea", "UID:from-elsewhere")))
    evolution.sees("events", personal, has("tea", "SUMMARY:Chocolate with Zoë"))
    evolution.sees("events", personal, has("from-elsewhere", "SUMMARY:Tea with Zoë"))
    evolution.edit("events", personal, "from-elsewhere", "Tea", "Juice")
    assert "SUMMARY:Juice with Zoë" in other.members(personal)[personal + "from-elsewhere.ics"]

    evolution.remove("events", personal, "from-elsewhere")
    assert other.only(personal)[0] == path
    other.delete(path)
    evolution.sees("events", personal, lambda objects: not objects)


def test_instances_of_a_recurring_event(evolution, other):
    personal = evolution.find("events", "Personal")
    evolution.create("events", personal, CHOIR)
    other.only(personal, "SUMMARY:Choir")
    [text] = evolution.objects("events", personal)["choir"]
    friday = text.replace("DTSTART:20260305T18", "RECURRENCE-ID:20260312T180000Z\r\nDTSTART:20260313T19")
    friday = friday.replace("DTEND:20260305T20", "DTEND:20260313T21").replace("SUMMARY:Choir", "SUMMARY:Choir\\, on a Friday")
    evolution.modify("events", personal, re.sub("RRULE:.*\r\n", "", friday))
    evolution.remove("events", personal, "choir", "20260319T180000Z")
    path, text = other.only(personal, "SUMMARY:Choir\r\n", "SUMMARY:Choir\\, on a Friday", "DTSTART:20260313T190000Z")
    assert text.count("BEGIN:VEVENT") == 2
    assert re.search(r"^EXDATE[^:]*:20260319T180000Z", text, re.M)
    evolution.sees("events", personal, has("choir", "RECURRENCE-ID:20260312T180000Z"))

    # Somebody takes the moved one back.
    other.put(path, calendar(CHOIR))
    evolution.sees("events", personal, lambda objects: len(objects["choir"]) == 1)


def test_tasks(evolution, other):
    tasks = evolution.find("tasks", "Tasks")
    evolution.create("tasks", tasks, CANDLES)
    path, _ = other.only(tasks, "SUMMARY:Buy candles", "DUE;VALUE=DATE:20261201")

    other.put(path, calendar(CANDLES.replace("Buy candles", "Buy candles and matches")))
    evolution.sees("tasks", tasks, has("candles", "SUMMARY:Buy candles and matches"))
    done = "STATUS:COMPLETED\r\nPERCENT-COMPLETE:100\r\nCOMPLETED:20261120T100000Z"
    evolution.edit("tasks", tasks, "candles", "STATUS:NEEDS-ACTION", done)
    other.only(tasks, "STATUS:COMPLETED", "SUMMARY:Buy candles and matches")

    evolution.remove("tasks", tasks, "candles")
    assert not other.members(tasks)


def test_contacts(evolution, other):
    contacts = evolution.find("contacts", "Contacts")
    evolution.create("contacts", contacts, CARD)
    path, _ = other.only(contacts, "FN:Zoë Brontë", "zoe@example.org")
    evolution.edit("contacts", contacts, "zoe", "zoe@example.org", "bronte@example.org")
    other.only(contacts, "FN:Zoë Brontë", "bronte@example.org")

    other.put(path, CARD.replace("FN:Zoë Brontë", "FN:Zoë B."))
    other.put(contacts + "from-elsewhere.vcf", CARD.replace("UID:zoe", "UID:from-elsewhere"))
    evolution.sees("contacts", contacts, has("zoe", "FN:Zoë B."))
    evolution.sees("contacts", contacts, has("from-elsewhere", "FN:Zoë Brontë"))

    evolution.remove("contacts", contacts, "zoe")
    assert other.only(contacts)[0] == contacts + "from-elsewhere.vcf"
    other.delete(contacts + "from-elsewhere.vcf")
    evolution.sees("contacts", contacts, lambda objects: not objects)


def test_two_keep_in_step(start, other):
    """What one data server makes, one that signs in later has, and they see each other's changes."""
    one = start()
    personal = one.find("events", "Personal")
    for number in range(30):
        one.create("events", personal, EVENT.replace("UID:tea", f"UID:tea-{number}"))
    two = start()
    assert two.find("events", "Personal") == personal
    expected = {f"tea-{number}" for number in range(30)}
    two.sees("events", personal, lambda objects: objects.keys() == expected)

    two.remove("events", personal, "tea-7")
    two.edit("events", personal, "tea-8", "Tea", "Coffee")
    one.sees("events", personal, lambda objects: objects.keys() == expected - {"tea-7"})
    one.sees("events", personal, has("tea-8", "SUMMARY:Coffee with Zoë"))


def test_nobody_is_overwritten(evolution, other):
    personal = evolution.find("events", "Personal")
    evolution.create("events", personal, EVENT)
    path, _ = other.only(personal)
    evolution.sees("events", personal, has("tea", "SUMMARY:Tea with Zoë"))
    other.put(path, calendar(EVENT.replace("Tea", "Chocolate")))
    with pytest.raises(Refused, match="out of sync"):
        evolution.edit("events", personal, "tea", "Tea", "Coffee")
    other.only(personal, "SUMMARY:Chocolate with Zoë")
    evolution.sees("events", personal, has("tea", "SUMMARY:Chocolate with Zoë"))


def test_collections_are_made_and_removed(evolution, other, account, host):
    friends = f"/dav/addressbooks/{account.name}/friends/"
    evolution.make_collection("contacts", friends, "Friends & family")
    # No Worker sees MKCALENDAR.
    choirs = f"/dav/calendars/{account.name}/choirs/"
    if host == "native":
        evolution.make_collection("events", choirs, "Choirs")
    assert evolution.find_anew("contacts", "Friends & family") == friends
    evolution.create("contacts", friends, CARD)
    other.only(friends, "FN:Zoë Brontë")
    evolution.remove_collection(friends)
    assert other.session.get(other.origin + friends).status_code == 404

    if host == "native":
        assert evolution.find_anew("events", "Choirs") == choirs
        assert evolution.colour("events", choirs).lower() == "#aa00ff"
        evolution.create("events", choirs, CHOIR)
        other.only(choirs, "SUMMARY:Choir")
