"""Another client of the account that the tested one has, and what is expected of both by and by."""

import re
import time

import requests


def eventually(look, expected):
    """What is seen, once it is as expected; at the end of a minute whatever there is then."""
    end = time.monotonic() + 60
    while True:
        seen = look()
        if expected(seen):
            return seen
        assert time.monotonic() < end, seen
        time.sleep(0.1)


class Other:
    """Another client of the same account, which speaks HTTP by itself."""

    def __init__(self, account):
        self.name = account.name
        self.origin = account.url.rstrip("/")
        self.session = requests.Session()
        self.session.auth = (account.name.encode(), account.password.encode())
        self.session.headers["Content-Type"] = "application/xml; charset=utf-8"

    def members(self, collection: str) -> dict[str, str]:
        """The texts in a collection by path."""
        body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        answer = self.session.request("PROPFIND", self.origin + collection, data=body, headers={"Depth": "1"})
        assert answer.status_code == 207
        paths = re.findall(r"<D:href>([^<]+\.(?:ics|vcf))</D:href>", answer.text)
        return {path: self.session.get(self.origin + path).content.decode() for path in paths}

    def only(self, collection: str, *expected: str) -> tuple[str, str]:
        """Path and text of the one object in a collection, once it has the texts that are expected: what the tested client is told while it connects or works, it
        tells the server afterwards."""
        members = eventually(
            lambda: self.members(collection),
            lambda members: len(members) == 1 and all(text in next(iter(members.values())) for text in expected),
        )
        return next(iter(members.items()))

    def make_calendar(self, path: str, name: str, colour: str):
        body = (
            '<mkcol xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:a="http://apple.com/ns/ical/"><set><prop>'
            f"<resourcetype><collection/><c:calendar/></resourcetype><displayname>{name}</displayname>"
            f"<a:calendar-color>{colour}</a:calendar-color></prop></set></mkcol>"
        )
        assert self.session.request("MKCOL", self.origin + path, data=body).status_code == 201

    def share(self, path: str, name: str):
        """Lets another account read a calendar."""
        body = (
            '<acl xmlns="DAV:"><ace><principal><href>' + f"/dav/principals/{name}/" + "</href></principal>"
            "<grant><privilege><read/></privilege></grant></ace></acl>"
        )
        answer = self.session.request("ACL", self.origin + path, data=body)
        assert answer.status_code == 200, answer.text

    def put(self, path: str, text: str):
        media_type = "text/vcard" if path.endswith(".vcf") else "text/calendar"
        headers = {"Content-Type": f"{media_type}; charset=utf-8"}
        answer = self.session.put(self.origin + path, data=text.encode(), headers=headers)
        assert answer.status_code in (201, 204), answer.text

    def delete(self, path: str):
        assert self.session.delete(self.origin + path).status_code == 204


def calendar(*components: str) -> str:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kalends//Tests//EN\r\n{''.join(components)}END:VCALENDAR\r\n"
