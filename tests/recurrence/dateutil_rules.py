"""What python-dateutil gives for a case, asked as RFC 5545 means the question."""

import datetime as dt
import itertools
import types
from zoneinfo import ZoneInfo

import dateutil.rrule
from dateutil.rrule import rrulestr

from cases import DAYS

UTC = dt.timezone.utc

# How far local times are followed beyond the range: one that clocks skip comes to be after some that are later, by an hour at most.
MARGIN = dt.timedelta(hours=3)

# dateutil looks for the next instance up to this year: up to 9999, where a rule gives nothing more, if it is not told another.
dateutil.rrule.datetime = types.SimpleNamespace(**vars(dt))


def until_the_end(case):
    """Has dateutil look no further than the end of the case's range."""
    dateutil.rrule.datetime.MAXYEAR = case.high.year + 1


def seconds(time):
    return int(time.replace(tzinfo=UTC).timestamp())


def until(case):
    """UNTIL in the local time of the case."""
    value = case.parts.get("UNTIL")
    if value is None:
        return None
    if value.endswith("Z"):
        return dt.datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(ZoneInfo(case.zone)).replace(tzinfo=None)
    return dt.datetime.strptime(value, "%Y%m%d" if len(value) == 8 else "%Y%m%dT%H%M%S")


def answer(case, locals_):
    """Of local times in order those in the case's range, in UTC seconds, each once."""
    zone = ZoneInfo(case.zone or "UTC")
    near = (local for local in itertools.takewhile(lambda local: local <= case.high + MARGIN, locals_) if local >= case.low - MARGIN)
    found = {int(local.replace(tzinfo=zone).timestamp()) for local in near}
    low, high = case.range
    return sorted(time for time in found if low <= time < high)


def start_is_first(case, parts, start):
    """DTSTART is the first instance, and counts, also where the rule does not give it (RFC 5545 §3.8.5.3); dateutil leaves it out."""
    return parts, start


def week_takes_its_day_from_dtstart(case, parts, start):
    """BYWEEKNO without BYDAY: what the rule does not say is DTSTART's, here the weekday (§3.3.10); dateutil gives whole weeks."""
    if "BYWEEKNO" in parts and "BYDAY" not in parts:
        return parts | {"BYDAY": DAYS[case.start.weekday()]}, start
    return parts, start


def position_is_in_the_whole_week(case, parts, start):
    """A BYSETPOS is a place among all that the rule gives in an interval (§3.3.10); of the first week, dateutil takes what is after DTSTART."""
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        first_day = DAYS.index(parts.get("WKST", "MO"))
        return {"BYDAY": DAYS[case.start.weekday()]} | parts, start - dt.timedelta(days=(start.weekday() - first_day) % 7)
    return parts, start


def weekdays_are_a_union(case, parts, start):
    """BYDAY is a list of days, any of which will do (§3.3.10); of `TU,1FR` dateutil gives the Tuesdays that are a first Friday."""
    days = parts.get("BYDAY", "").split(",")
    if parts["FREQ"] in ("MONTHLY", "YEARLY") and len({len(day) == 2 for day in days}) == 2:
        most = 53 if parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts else 5
        ordinals = [[day] if len(day) > 2 else [f"{n}{day}" for n in range(1, most + 1)] for day in days]
        return parts | {"BYDAY": ",".join(sum(ordinals, []))}, start
    return parts, start


READINGS = [start_is_first, week_takes_its_day_from_dtstart, position_is_in_the_whole_week, weekdays_are_a_union]


def starts(parts, start, last):
    """What dateutil gives for the parts of a rule."""
    try:
        rule = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=start)
    except ValueError as error:
        # Its word for an hour, a minute or a second that the interval never meets.
        assert str(error) == "Invalid rrule byxxx generates an empty set.", parts
        return []
    return rule.replace(until=last)


def as_meant(case, readings=READINGS):
    """What dateutil gives for a question in which what it reads otherwise than RFC 5545 is said in words that it reads the same."""
    until_the_end(case)
    parts, start = case.parts, case.start
    for reading in readings:
        parts, start = reading(case, parts, start)
    count, last = int(parts.pop("COUNT", 0)) or None, until(case)
    parts.pop("UNTIL", None)
    far = case.high + MARGIN
    given = (local for local in starts(parts, start, far if last is None else min(last, far)) if local >= case.start)
    if start_is_first in readings:
        given = itertools.chain([case.start], (local for local in given if local > case.start))
    return answer(case, itertools.islice(given, count))
