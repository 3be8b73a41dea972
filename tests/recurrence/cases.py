"""Rules of all kinds, the same ones at every run: what is asked of the engine, of python-dateutil and of ical.js."""

import datetime as dt
import random
from dataclasses import dataclass
from zoneinfo import ZoneInfo

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
# None is for times and days that float.
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo",
    "Pacific/Auckland", "America/St_Johns", "Africa/Casablanca", "Asia/Tehran", None,
]
FREQUENCIES = {"YEARLY": 12, "MONTHLY": 12, "WEEKLY": 10, "DAILY": 8, "HOURLY": 3, "MINUTELY": 1, "SECONDLY": 1}
# How many days of a rule are compared.
SPANS = {"YEARLY": 12 * 365, "MONTHLY": 3 * 365, "WEEKLY": 2 * 365, "DAILY": 200, "HOURLY": 10, "MINUTELY": 1, "SECONDLY": 0.01}
# How many days after DTSTART that begins, where it is not years: the others count every instance from there.
LATER = {"HOURLY": [0, 3, 40], "MINUTELY": [0, 1], "SECONDLY": [0, 0.01]}


@dataclass(frozen=True)
class Case:
    """A rule, where it begins, and the range of local times that is compared."""

    zone: str | None
    start: dt.datetime
    all_day: bool
    rule: str
    low: dt.datetime
    high: dt.datetime

    @property
    def range(self):
        """The range in UTC seconds; of what floats as if it were in UTC."""
        zone = ZoneInfo(self.zone or "UTC")
        return [int(end.replace(tzinfo=zone).timestamp()) for end in (self.low, self.high)]

    @property
    def parts(self):
        return dict(part.split("=") for part in self.rule.split(";"))

    @property
    def dtstart(self):
        if self.all_day:
            return f"DTSTART;VALUE=DATE:{self.start:%Y%m%d}"
        time = f"{self.start:%Y%m%dT%H%M%S}"
        if self.zone is None:
            return f"DTSTART:{time}"
        return f"DTSTART:{time}Z" if self.zone == "UTC" else f"DTSTART;TZID={self.zone}:{time}"

    @property
    def object(self):
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:1", self.dtstart, f"RRULE:{self.rule}", "END:VEVENT", "END:VCALENDAR"]
        return "\r\n".join(lines) + "\r\n"

    def __str__(self):
        return f"{self.dtstart} RRULE:{self.rule} from {self.low:%Y%m%dT%H%M%S} to {self.high:%Y%m%dT%H%M%S}"


def numbers(pick, low, high, most=3):
    return ",".join(str(n) for n in sorted(pick.sample(range(low, high + 1), pick.randint(1, min(most, high - low + 1)))))


def signed(pick, high, most=3):
    return ",".join(map(str, sorted({pick.choice([1, -1]) * pick.randint(1, high) for _ in range(pick.randint(1, most))})))


def weekdays(pick, ordinals):
    days = pick.sample(DAYS, pick.randint(1, 3))
    return ",".join((str(pick.choice([1, 2, 3, -1, -2])) if ordinals and pick.random() < 0.6 else "") + day for day in days)


def rule(pick, all_day):
    """The parts of a rule without its end, in the combinations that RFC 5545 §3.3.10 allows."""

    def chance(share):
        return pick.random() < share

    weights = {freq: weight for freq, weight in FREQUENCIES.items() if not (all_day and weight <= 3)}
    freq = pick.choices(list(weights), list(weights.values()))[0]
    parts = {"FREQ": freq}
    if chance(0.5):
        parts["INTERVAL"] = pick.choice([1, 2, 3, 4, 5, 7, 10, 13])
    if freq == "YEARLY" and chance(0.2):
        parts["BYWEEKNO"] = signed(pick, 53)
        if chance(0.7):
            parts["BYDAY"] = weekdays(pick, False)
    elif freq == "YEARLY" and chance(0.2):
        parts["BYYEARDAY"] = signed(pick, 366)
    else:
        # Not by the minute and second: following such a rule through months without a start takes ical.js a minute.
        if chance(0.3) and freq not in ("MINUTELY", "SECONDLY"):
            parts["BYMONTH"] = numbers(pick, 1, 12)
        if freq in ("MONTHLY", "YEARLY") and chance(0.4):
            parts["BYMONTHDAY"] = signed(pick, 31)
        if chance(0.4) and freq != "SECONDLY":
            parts["BYDAY"] = weekdays(pick, freq in ("MONTHLY", "YEARLY") and "BYMONTHDAY" not in parts)
    if not all_day:
        if chance(0.2):
            parts["BYHOUR"] = numbers(pick, 0, 23)
        if chance(0.1):
            parts["BYMINUTE"] = numbers(pick, 0, 59)
        if chance(0.05):
            parts["BYSECOND"] = numbers(pick, 0, 59)
    if any(name.startswith("BY") for name in parts) and freq in ("MONTHLY", "YEARLY", "WEEKLY") and chance(0.25):
        parts["BYSETPOS"] = signed(pick, 4, 2)
    if chance(0.3):
        parts["WKST"] = pick.choice(DAYS)
    return parts


def end(pick, start, zone, all_day):
    """A COUNT, an UNTIL in each of its forms, or neither."""
    kind = pick.random()
    if kind < 0.2:
        return {"COUNT": pick.randint(1, 60)}
    if kind > 0.4:
        return {}
    until = start + dt.timedelta(days=pick.randint(0, 4000))
    if all_day:
        return {"UNTIL": f"{until:%Y%m%d}"}
    return {"UNTIL": f"{until:%Y%m%dT%H%M%S}{'' if zone is None else 'Z'}"}


def case(pick):
    zone = pick.choice(ZONES)
    all_day = zone is None and pick.random() < 0.6
    parts = rule(pick, all_day)
    start = dt.datetime(pick.randint(1975, 2020), pick.randint(1, 12), pick.randint(1, 28))
    if not all_day:
        start += dt.timedelta(hours=pick.randint(0, 23), minutes=pick.choice([0, 15, 30, 59]))
    parts |= end(pick, start, zone, all_day)
    low = start + dt.timedelta(days=pick.choice(LATER.get(parts["FREQ"], [0, 0, 3, 40, 500, 1500])))
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    return Case(zone, start, all_day, text, low, low + dt.timedelta(days=SPANS[parts["FREQ"]]))


def cases(count):
    """So many cases, no two the same."""
    pick = random.Random(5545)
    found = {}
    while len(found) < count:
        one = case(pick)
        found[str(one)] = one
    return list(found.values())
