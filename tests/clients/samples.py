"""Events as they are found in the world: public holidays, and the hand-made files in events/. And two components of our own, for those who make them in a program."""

import uuid
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import holidays
import icalendar

EVENTS = Path(__file__).parent / "events"

# A series of five.
CHOIR = """BEGIN:VEVENT\r
UID:choir\r
DTSTAMP:20260101T000000Z\r
DTSTART:20260305T180000Z\r
DTEND:20260305T200000Z\r
RRULE:FREQ=WEEKLY;COUNT=5\r
SUMMARY:Choir\r
END:VEVENT\r
"""

# A task with a day.
CANDLES = """BEGIN:VTODO\r
UID:candles\r
DTSTAMP:20260101T000000Z\r
DUE;VALUE=DATE:20261201\r
SUMMARY:Buy candles\r
STATUS:NEEDS-ACTION\r
END:VTODO\r
"""


def hand_made() -> dict[str, str]:
    """The files in events/ by name, octet for octet."""
    return {path.stem: path.read_bytes().decode() for path in sorted(EVENTS.glob("*.ics"))}


def public_holidays(number: int) -> dict[date, list[str]]:
    """The first so many public holidays from 2026 on: iCalendar objects by day."""
    days: dict[date, list[str]] = {}
    found = 0
    for country in ("DE", "FR", "JP", "BR", "IN"):
        for day, name in sorted(holidays.country_holidays(country, years=range(2026, 2029)).items()):
            if found == number:
                return days
            days.setdefault(day, []).append(holiday(country, day, name))
            found += 1
    raise ValueError(f"there are only {found} holidays")


def holiday(country: str, day: date, name: str) -> str:
    """A public holiday as a calendar of them has it: all day, transparent."""
    event = icalendar.Event()
    event.add("uid", str(uuid.uuid5(uuid.NAMESPACE_URL, f"{country}/{day}/{name}")))
    event.add("dtstamp", datetime(2026, 1, 1, tzinfo=timezone.utc))
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", name)
    event.add("categories", ["Holiday", country])
    event.add("transp", "TRANSPARENT")
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Kalends//Holidays//EN")
    calendar.add_component(event)
    return calendar.to_ical().decode()
