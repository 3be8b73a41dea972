"""khal and todoman on the files that vdirsyncer keeps in step with the server: what either of them makes arrives there, and back."""

import os
import re
import subprocess
import sys

import pytest
import requests

VDIRSYNCER = """
[general]
status_path = "{home}/status/"

[pair calendars]
a = "here"
b = "server"
collections = ["personal", "tasks"]
metadata = ["displayname", "color"]
conflict_resolution = "a wins"

[storage here]
type = "filesystem"
path = "{home}/calendars/"
fileext = ".ics"

[storage server]
type = "caldav"
url = "{url}"
username = "{name}"
password = "{password}"
"""

KHAL = """
[calendars]
[[personal]]
path = {home}/calendars/personal
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
default_timezone = Europe/Berlin
local_timezone = Europe/Berlin
[sqlite]
path = {home}/khal.db
"""

TODOMAN = """
path = "{home}/calendars/tasks"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
default_list = "tasks"
cache_path = "{home}/todoman.sqlite3"
"""

FROM_ELSEWHERE = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Kalends//Tests//EN\r
BEGIN:VEVENT\r
UID:from-elsewhere\r
DTSTAMP:20260101T000000Z\r
DTSTART:20261225T110000Z\r
DTEND:20261225T130000Z\r
SUMMARY:Lunch at Tante Käthe's\r
END:VEVENT\r
END:VCALENDAR\r
"""


class Desk:
    """Somebody's machine: files, khal, todoman, and vdirsyncer for the way to the server."""

    def __init__(self, account, home):
        self.home = home
        values = {"home": home, "url": account.url, "name": account.name, "password": account.password}
        for file, content in (("vdirsyncer", VDIRSYNCER), ("khal", KHAL), ("todoman.py", TODOMAN)):
            (home / file).write_text(content.format(**values))
        self.session = requests.Session()
        self.session.auth = (account.name.encode(), account.password.encode())
        self.calendars = f"{account.url.rstrip('/')}/dav/calendars/{account.name}/"
        self.vdirsyncer("discover")
        self.vdirsyncer("sync")

    def vdirsyncer(self, *arguments):
        self._run("vdirsyncer", "--config", self.home / "vdirsyncer", *arguments)

    def khal(self, *arguments) -> str:
        return self._run("khal", "--config", self.home / "khal", *arguments)

    def todo(self, *arguments) -> str:
        return self._run("todoman", "--config", self.home / "todoman.py", *arguments)

    def _run(self, program: str, *arguments) -> str:
        environment = {**os.environ, "HOME": str(self.home), "XDG_CACHE_HOME": str(self.home), "TZ": "Europe/Berlin"}
        # Their terminal output is in UTF-8 whatever the machine's locale.
        environment |= {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
        command = [sys.executable, "-m", program, *arguments]
        run = subprocess.run(command, env=environment, input="y\ny\ny\n", capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def there(self, calendar: str) -> dict[str, str]:
        """Objects on the server by href."""
        body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        answer = self.session.request("PROPFIND", self.calendars + calendar, data=body, headers={"Depth": "1"})
        assert answer.status_code == 207
        origin = self.calendars.split("/dav/")[0]
        hrefs = [origin + href for href in re.findall(r"<D:href>([^<]+\.ics)</D:href>", answer.text)]
        return {href: self.session.get(href).content.decode() for href in hrefs}

    def put(self, href: str, text: str):
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        answer = self.session.put(href, data=text.encode(), headers=headers)
        assert answer.status_code in (201, 204), answer.text


@pytest.fixture
def desk(account, tmp_path) -> Desk:
    return Desk(account, tmp_path)


def test_khal_makes_events_and_sees_those_of_others(desk):
    desk.khal("new", "-a", "personal", "--location", "Berlin", "2026-12-24", "18:00", "20:00", "Dinner :: with all of them")
    desk.khal("new", "-a", "personal", "--repeat", "weekly", "--until", "2026-12-31", "2026-12-03", "Rubbish collection")
    desk.vdirsyncer("sync")
    objects = desk.there("personal/")
    dinner = next(href for href, text in objects.items() if "SUMMARY:Dinner" in text)
    assert len(objects) == 2
    assert "LOCATION:Berlin" in objects[dinner] and "DTSTART;TZID=Europe/Berlin:20261224T180000" in objects[dinner]

    desk.put(f"{desk.calendars}personal/from-elsewhere.ics", FROM_ELSEWHERE)
    desk.put(dinner, objects[dinner].replace("SUMMARY:Dinner", "SUMMARY:Late dinner"))
    desk.vdirsyncer("sync")
    agenda = desk.khal("list", "--format", "{start} {title}", "2026-12-24", "2d")
    assert "2026-12-24 18:00 Late dinner" in agenda
    assert "2026-12-25 12:00 Lunch at Tante Käthe's" in agenda
    assert desk.khal("list", "--format", "{title}", "2026-12-01", "31d").count("Rubbish collection") == 5

    assert desk.session.delete(dinner).status_code == 204
    desk.vdirsyncer("sync")
    assert "dinner" not in desk.khal("list", "--format", "{title}", "2026-12-24", "1d")


def test_khal_imports_a_file(desk):
    file = desk.home / "invitation.ics"
    file.write_bytes(FROM_ELSEWHERE.encode())
    desk.khal("import", "--batch", "-a", "personal", file)
    desk.vdirsyncer("sync")
    [text] = desk.there("personal/").values()
    assert "UID:from-elsewhere" in text and "SUMMARY:Lunch at Tante Käthe's" in text


def test_todoman_makes_tasks_and_ticks_them_off(desk):
    desk.todo("new", "--list", "tasks", "--due", "2026-12-01", "--priority", "high", "Buy candles")
    desk.todo("new", "--list", "tasks", "Water the plants")
    desk.vdirsyncer("sync")
    objects = desk.there("tasks/")
    assert sorted(re.findall(r"^SUMMARY:(.*?)\r?$", "\n".join(objects.values()), re.M)) == ["Buy candles", "Water the plants"]

    # Somebody else waters them.
    plants = next(href for href, text in objects.items() if "Water the plants" in text)
    done = objects[plants].replace("SUMMARY:", "STATUS:COMPLETED\r\nPERCENT-COMPLETE:100\r\nCOMPLETED:20261120T100000Z\r\nSUMMARY:")
    desk.put(plants, re.sub(r"STATUS:NEEDS-ACTION\r?\n|PERCENT-COMPLETE:0\r?\n", "", done))
    desk.vdirsyncer("sync")
    listed = desk.todo("list")
    assert "Buy candles" in listed and "Water the plants" not in listed

    number = re.search(r"^\D*(\d+) .*Buy candles", listed, re.M)[1]
    desk.todo("done", number)
    desk.vdirsyncer("sync")
    texts = desk.there("tasks/").values()
    assert all("STATUS:COMPLETED" in text for text in texts) and len(texts) == 2


def test_names_and_colours_go_both_ways(desk):
    (desk.home / "calendars/personal/color").write_text("#aa00ff")
    (desk.home / "calendars/personal/displayname").write_text("Zuhause & unterwegs")
    desk.vdirsyncer("metasync")
    body = (
        '<propfind xmlns="DAV:" xmlns:a="http://apple.com/ns/ical/"><prop><displayname/><a:calendar-color/></prop></propfind>'
    )
    answer = desk.session.request("PROPFIND", f"{desk.calendars}personal/", data=body, headers={"Depth": "0"}).text
    assert re.search("displayname[^>]*>Zuhause &amp; unterwegs</", answer)
    assert "#aa00ff" in answer.lower()

    body = '<propertyupdate xmlns="DAV:"><set><prop><displayname>Home</displayname></prop></set></propertyupdate>'
    assert desk.session.request("PROPPATCH", f"{desk.calendars}personal/", data=body).status_code == 207
    desk.vdirsyncer("metasync")
    assert (desk.home / "calendars/personal/displayname").read_text() == "Home"
