"""vdirsyncer, a two-way synchroniser: 500 events between a directory and the server, with changes, conflicts and removals on both sides."""

import re

import pytest

from sides import Sides

COUNT = 500

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


def summaries(contents: dict[str, bytes]) -> dict[str, str]:
    return {uid: re.search(rb"^SUMMARY:(.*?)\r?$", content, re.M)[1].decode() for uid, content in contents.items()}


@pytest.fixture
def sides(account, tmp_path) -> Sides:
    return Sides(account, tmp_path, "caldav", "calendars", "personal", ".ics")


def test_two_way_synchronisation(sides):
    for number in range(COUNT):
        (sides.items / f"{number}.ics").write_text(event(number, f"Event {number}"))
    sides.run("discover")
    sides.run("sync")
    expected = {f"event-{number}": f"Event {number}" for number in range(COUNT)}
    assert summaries(sides.contents_there()) == expected

    files, urls = sides.here(), sides.there()
    for number in range(0, 20):
        sides.put(urls[f"event-{number}"], event(number, "changed there"), "text/calendar", 204)
        expected[f"event-{number}"] = "changed there"
    for number in range(10, 30):
        files[f"event-{number}"].write_text(event(number, "changed here"))
    expected |= {f"event-{number}": "changed here" for number in range(20, 30)}
    for number in range(30, 35):
        sides.delete(urls[f"event-{number}"])
        del expected[f"event-{number}"]
    for number in range(35, 40):
        files[f"event-{number}"].unlink()
        del expected[f"event-{number}"]
    sides.run("sync")
    assert summaries(sides.contents_here()) == expected
    assert summaries(sides.contents_there()) == expected

    sides.run("sync")
    assert summaries(sides.contents_here()) == expected
