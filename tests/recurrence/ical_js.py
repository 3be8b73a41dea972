"""What ical.js 2.2 does not know of RFC 5545: of each limit the name, and whether a rule meets it. In all of these dateutil, asked as RFC 5545
means it, gives what Kalends gives."""

from dateutil_rules import starts_with_dtstart


def has(*names):
    return lambda case: all(name in case.parts for name in names)


def yearly(case):
    return case.parts["FREQ"] == "YEARLY"


def monthly(case):
    return case.parts["FREQ"] == "MONTHLY"


LIMITS = {
    "DTSTART that the rule does not give is left out (§3.8.5.3: it is the first instance)": lambda case: not starts_with_dtstart(case),
    "BYSETPOS is taken for BYDAY by month and year only (§3.3.10: with every other BY part)": has("BYSETPOS"),
    "BYWEEKNO is not followed (§3.3.10)": has("BYWEEKNO"),
    "YEARLY with BYMONTHDAY: of all months only DTSTART's, and not with BYDAY (§3.3.10)": lambda case: yearly(case) and "BYMONTHDAY" in case.parts,
    "YEARLY with BYHOUR, BYMINUTE or BYSECOND: one a day (§3.3.10: each expands)": lambda case: yearly(case)
    and any(name in case.parts for name in ("BYHOUR", "BYMINUTE", "BYSECOND")),
    "MONTHLY with BYMONTH: INTERVAL is lost (§3.3.10: BYMONTH limits)": lambda case: monthly(case) and "BYMONTH" in case.parts,
    "MONTHLY with BYMONTHDAY and BYDAY: months and days are missed (§3.3.10: both limit)": lambda case: monthly(case)
    and "BYMONTHDAY" in case.parts
    and "BYDAY" in case.parts,
}
