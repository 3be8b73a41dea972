"""vdirsyncer, a two-way synchroniser: 500 events between a directory and the server, with changes, conflicts and removals on both sides."""

import re
import subprocess
import sys

import pytest
import requests

COUNT = 500

CONFIG = """
[general]
status_path = "{directory}/status/"

[pair calendar]
a = "directory"
b = "server"
collections = [["calendar", "calendar", "personal"]]
conflict_resolution = "b wins"

[storage directory]
type = "filesystem"
path = "{directory}/items/"
fileext = ".ics"

[storage server]
type = "caldav"
url = "{url}"
username = "{name}"
password = "{password}"
"""

EVENT = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Kalends//Tests//EN\r
BEGIN:VEVENT\r
UID:{uid}\r
DTSTAMP:20260101T000000Z\r
DTSTART:2026{month:02}{day:02}T120000Z\r
DTEND:2026{month:02}{day:02}T130000Z\r
SUMMARY:{summary}\r
END:VEVENT\r
END:VCALENDAR\r
"""


def event(number: int, summary: str) -> str:
    return EVENT.format(uid=f"event-{number}", month=1 + number % 12, day=1 + number % 28, summary=summary)


class Sides:
    """A directory, a calendar on the server, and vdirsyncer between them."""

    def __init__(self, account, directory):
        self.items = directory / "items" / "calendar"
        self.items.mkdir(parents=True)
        self.config = directory / "config"
        values = {"directory": directory, "url": account.url, "name": account.name, "password": account.password}
        self.config.write_text(CONFIG.format(**values))
        self.session = requests.Session()
        self.session.auth = (account.name.encode(), account.password.encode())
        self.calendar = f"{account.url.rstrip('/')}/dav/calendars/{account.name}/personal/"

    def run(self, *arguments):
        command = [sys.executable, "-m", "vdirsyncer", "--config", str(self.config), *arguments]
        run = subprocess.run(command, input="y\n", capture_output=True, text=True, timeout=600)
        assert run.returncode == 0, run.stdout + run.stderr

    def here(self) -> dict[str, str]:
        """UIDs and summaries in the directory."""
        return dict(told(path.read_text()) for path in self.items.iterdir())

    def there(self) -> dict[str, str]:
        """UIDs and summaries on the server, each object by a GET of its own."""
        return {uid: told(self.session.get(href).text)[1] for uid, href in self.hrefs().items()}

    def hrefs(self) -> dict[str, str]:
        body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        answer = self.session.request("PROPFIND", self.calendar, data=body, headers={"Depth": "1"})
        assert answer.status_code == 207
        hrefs = re.findall(r"<D:href>([^<]+\.ics)</D:href>", answer.text)
        origin = self.calendar.split("/dav/")[0]
        return {told(self.session.get(origin + href).text)[0]: origin + href for href in hrefs}

    def change_here(self, number: int, summary: str):
        for path in self.items.iterdir():
            if told(path.read_text())[0] == f"event-{number}":
                path.write_text(event(number, summary))

    def remove_here(self, number: int):
        for path in self.items.iterdir():
            if told(path.read_text())[0] == f"event-{number}":
                path.unlink()


def told(text: str) -> tuple[str, str]:
    return re.search(r"^UID:(.*?)\r?$", text, re.M)[1], re.search(r"^SUMMARY:(.*?)\r?$", text, re.M)[1]


@pytest.fixture
def sides(account, tmp_path) -> Sides:
    return Sides(account, tmp_path)


def test_two_way_synchronisation(sides):
    for number in range(COUNT):
        (sides.items / f"{number}.ics").write_text(event(number, f"Event {number}"))
    sides.run("discover")
    sides.run("sync")
    expected = {f"event-{number}": f"Event {number}" for number in range(COUNT)}
    assert sides.there() == expected

    hrefs = sides.hrefs()
    for number in range(0, 20):
        changed = event(number, "changed there")
        answer = sides.session.put(hrefs[f"event-{number}"], data=changed, headers={"Content-Type": "text/calendar"})
        assert answer.status_code == 204, answer.text
        expected[f"event-{number}"] = "changed there"
    for number in range(10, 30):
        sides.change_here(number, "changed here")
    expected |= {f"event-{number}": "changed here" for number in range(20, 30)}
    for number in range(30, 35):
        assert sides.session.delete(hrefs[f"event-{number}"]).status_code == 204
        del expected[f"event-{number}"]
    for number in range(35, 40):
        sides.remove_here(number)
        del expected[f"event-{number}"]
    sides.run("sync")
    assert sides.here() == expected
    assert sides.there() == expected

    sides.run("sync")
    assert sides.here() == expected
