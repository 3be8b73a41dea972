"""Writes dateutil.txt: rules, and what python-dateutil's rrule gives for them, in zones of the zoneinfo module.

A line is: zone, DTSTART, RRULE, start and end of a range, and of the starts in it how many, the first, the last, and the sum
(UTC seconds). DTSTART is always an instance of its rule: what a rule gives that does not begin at one, RFC 5545 leaves open.
Left out is where dateutil is not after RFC 5545: a BYWEEKNO without a BYDAY (it takes the whole week, not the day of DTSTART),
and a weekly BYSETPOS (it counts from DTSTART in the first week, not from the week's first day).

Run with a Python that has dateutil: python3 generate.py > dateutil.txt
"""

import datetime as dt
import random
import signal
import sys
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Casablanca"]


def some(pick, low, high, most=3):
    return ",".join(str(n) for n in sorted(pick.sample(range(low, high + 1), pick.randint(1, min(most, high - low + 1)))))


def signed(pick, high, most=3):
    numbers = {pick.choice([1, -1]) * pick.randint(1, high) for _ in range(pick.randint(1, most))}
    return ",".join(map(str, sorted(numbers)))


def weekdays(pick, ordinals):
    days = pick.sample(DAYS, pick.randint(1, 3))
    return ",".join((str(pick.choice([1, 2, 3, -1, -2])) if ordinals and pick.random() < 0.6 else "") + day for day in days)


def rule(pick):
    freq = pick.choices(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"], [12, 12, 10, 8, 3, 1, 1])[0]
    parts = [f"FREQ={freq}"]
    if pick.random() < 0.5:
        parts.append(f"INTERVAL={pick.choice([1, 2, 3, 4, 5, 7, 10, 13])}")
    chance = lambda share: pick.random() < share
    limits = 0
    if freq == "YEARLY" and chance(0.2):
        parts += [f"BYWEEKNO={signed(pick, 53)}", f"BYDAY={weekdays(pick, False)}"]
        limits += 1
    elif freq == "YEARLY" and chance(0.2):
        parts.append(f"BYYEARDAY={signed(pick, 366)}")
        limits += 1
    else:
        if chance(0.3):
            parts.append(f"BYMONTH={some(pick, 1, 12)}")
            limits += 1
        if freq in ("MONTHLY", "YEARLY") and chance(0.4):
            parts.append(f"BYMONTHDAY={signed(pick, 31)}")
            limits += 1
        if chance(0.4):
            parts.append(f"BYDAY={weekdays(pick, freq in ('MONTHLY', 'YEARLY') and 'BYMONTHDAY' not in ';'.join(parts))}")
            limits += 1
    if chance(0.2):
        parts.append(f"BYHOUR={some(pick, 0, 23)}")
        limits += 1
    if chance(0.1):
        parts.append(f"BYMINUTE={some(pick, 0, 59)}")
        limits += 1
    if limits and freq in ("MONTHLY", "YEARLY") and chance(0.3):
        parts.append(f"BYSETPOS={signed(pick, 4, 2)}")
    if chance(0.3):
        parts.append(f"WKST={pick.choice(DAYS)}")
    end = pick.random()
    if end < 0.2:
        parts.append(f"COUNT={pick.randint(1, 60)}")
    return ";".join(parts), freq, end


def seconds(local, zone):
    return int(local.replace(tzinfo=ZoneInfo(zone)).timestamp())


def case(pick):
    text, freq, end = rule(pick)
    zone = pick.choice(ZONES)
    start = dt.datetime(pick.randint(1975, 2020), pick.randint(1, 12), pick.randint(1, 28), pick.randint(0, 23), pick.choice([0, 15, 30, 59]))
    first = next(iter(rrulestr(text, dtstart=start)), None)
    if first is None or first.year > 2030 or next(iter(rrulestr(text, dtstart=first))) != first:
        return None
    if 0.2 <= end < 0.4:
        until = first + dt.timedelta(days=pick.randint(0, 4000))
        text += f";UNTIL={until:%Y%m%dT%H%M%S}"
    years = {"YEARLY": 12, "MONTHLY": 3, "WEEKLY": 2, "DAILY": 1}.get(freq)
    span = dt.timedelta(days=years * 365) if years else dt.timedelta(days={"HOURLY": 10, "MINUTELY": 1, "SECONDLY": 0.02}[freq])
    ahead = dt.timedelta(days=pick.choice([0, 0, 3, 40, 500, 4000]) if freq not in ("MINUTELY", "SECONDLY") else pick.choice([0, 1]))
    low, high = first + ahead, first + ahead + span
    day = dt.timedelta(days=1)
    found = rrulestr(text, dtstart=first).between(low - day, high + day, inc=True)
    times = sorted({seconds(local, zone) for local in found})
    times = [time for time in times if seconds(low, "UTC") <= time < seconds(high, "UTC")]
    if len(times) > 5000:
        return None
    summary = [len(times), times[0] if times else 0, times[-1] if times else 0, sum(times)]
    return "|".join([zone, f"{first:%Y%m%dT%H%M%S}", text, str(seconds(low, "UTC")), str(seconds(high, "UTC")), " ".join(map(str, summary))])


def slow(*_):
    raise TimeoutError


def main():
    pick = random.Random(5545)
    lines = set()
    signal.signal(signal.SIGALRM, slow)
    while len(lines) < int(sys.argv[1] if len(sys.argv) > 1 else 5000):
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            line = case(pick)
        except (ValueError, TimeoutError):  # Rules that dateutil refuses, or that never give anything.
            line = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        if line:
            lines.add(line)
    print("\n".join(sorted(lines)))


main()
