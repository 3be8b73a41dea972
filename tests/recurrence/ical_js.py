"""What ical.js 2.2 does not know of RFC 5545: of each limit the name, and whether a rule meets it. In all of these dateutil, asked as RFC 5545
means it, gives what Kalends gives."""

import datetime as dt
from zoneinfo import ZoneInfo

from dateutil_rules import READINGS, as_meant, start_is_first

OMITTED_START = "DTSTART that the rule does not give is left out (§3.8.5.3: it is the first instance)"
UNCHECKED_START = "DTSTART, with the rule's hour, minute, second or weekday, is given without a look at the rest of the rule (§3.3.10)"
SKIPPED_TIME = "a local time that clocks skip has the offset after the gap (§3.3.5: the one before)"
SHOWN_TWICE = "a local time that clocks show twice is the second (§3.3.5: the first)"
# Those that are seen by the answers.
WITH_ANSWERS = [OMITTED_START, UNCHECKED_START, SKIPPED_TIME, SHOWN_TWICE]
TIMES = ["BYHOUR", "BYMINUTE", "BYSECOND"]


def has(*names):
    return lambda case: all(name in case.parts for name in names)


def yearly(case):
    return case.parts["FREQ"] == "YEARLY"


def monthly(case):
    return case.parts["FREQ"] == "MONTHLY"


LIMITS = {
    "BYSETPOS is taken for BYDAY by month and year only (§3.3.10: with every other BY part)": has("BYSETPOS"),
    "BYWEEKNO is not followed (§3.3.10)": has("BYWEEKNO"),
    "YEARLY with BYMONTHDAY: of all months only DTSTART's, and not with BYDAY (§3.3.10)": lambda case: yearly(case) and "BYMONTHDAY" in case.parts,
    "YEARLY with BYHOUR, BYMINUTE or BYSECOND: one a day (§3.3.10: each expands)": lambda case: yearly(case)
    and any(name in case.parts for name in TIMES),
    "MONTHLY with BYMONTH: INTERVAL is lost (§3.3.10: BYMONTH limits)": lambda case: monthly(case) and "BYMONTH" in case.parts,
    "MONTHLY with BYMONTHDAY and BYDAY: months and days are missed (§3.3.10: both limit)": lambda case: monthly(case)
    and "BYMONTHDAY" in case.parts
    and "BYDAY" in case.parts,
    "MONTHLY with BYDAY or BYMONTHDAY and BYHOUR, BYMINUTE or BYSECOND: days and times are missed (§3.3.10: each expands)": lambda case: monthly(case)
    and ("BYDAY" in case.parts or "BYMONTHDAY" in case.parts)
    and any(name in case.parts for name in TIMES),
    "HOURLY, MINUTELY or SECONDLY with BYHOUR, BYMINUTE or BYSECOND: INTERVAL or times are lost (§3.3.10: they limit or expand)": lambda case: case.parts[
        "FREQ"
    ]
    in ("HOURLY", "MINUTELY", "SECONDLY")
    and any(name in case.parts for name in TIMES),
}


def without_start(case):
    """What is right but for a DTSTART that the rule does not give."""
    return as_meant(case, [reading for reading in READINGS if reading is not start_is_first])


def gives_more_at_first(case, answer):
    """Whether an answer begins with an instance that is none, which is counted, and is right but for that and DTSTART."""
    rest = without_start(case)
    if not answer or isinstance(answer, str) or answer[0] in rest:
        return False
    return answer[1:] == rest or ("COUNT" in case.parts and answer[1:] == rest[:-1])


def after_a_gap(case, time):
    """Whether clocks were set forward in the hour before."""
    zone = ZoneInfo(case.zone or "UTC")
    now, before = (dt.datetime.fromtimestamp(at, zone).utcoffset() for at in (time, time - 3600))
    return now > before


def is_shown_again(case, time):
    """Whether clocks show the same local time once more."""
    local = dt.datetime.fromtimestamp(time, ZoneInfo(case.zone or "UTC"))
    return local.fold == 0 and local.utcoffset() > local.replace(fold=1).utcoffset()


def is_near_a_change(is_one, case, ours, answer):
    """Whether all that is only in our answer is such a time, each of which is in the other at another time."""
    if isinstance(answer, str):
        return False
    only_ours, only_theirs = set(ours) - set(answer), set(answer) - set(ours)
    return len(only_ours) == len(only_theirs) and all(is_one(case, time) for time in only_ours)


def difference(case, ours, answer):
    """The name of what makes an answer of ical.js differ; `None` where that is not known."""
    if answer == without_start(case):
        return OMITTED_START
    if gives_more_at_first(case, answer):
        return UNCHECKED_START
    if is_near_a_change(after_a_gap, case, ours, answer):
        return SKIPPED_TIME
    if is_near_a_change(is_shown_again, case, ours, answer):
        return SHOWN_TWICE
    return next((name for name, applies in LIMITS.items() if applies(case)), None)
