"""Asks each library the rules of tests/recurrence, and prints what came of it as a table. `cargo xtask bench libraries` builds and runs it.

The referee is python-dateutil, asked in words that it reads as RFC 5545 does (tests/recurrence/dateutil_rules.py), which agrees with the engine; zones
are compared with Python's zoneinfo.
"""

import collections
import json
import os
import queue
import statistics
import subprocess
import sys
import threading
import zoneinfo
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/recurrence"))

from cases import cases  # noqa: E402
from dateutil_rules import as_meant  # noqa: E402

PROGRAMS = Path(os.environ["KALENDS_LIBRARIES"])
COUNT = int(os.environ.get("KALENDS_RULES", "5000"))
RECURRENCE = {"kalends": "the engine", "rrule": "`rrule`", "icalendar": "`icalendar`, feature `recurrence`", "calcard": "`calcard`"}
# Seconds after which a program is ended, and its answer is none.
PATIENCE = 5
KINDS = ["right", "only DTSTART differs", "other instances", "refused", "crashed", "no answer in 5 s"]


class Program:
    """A library that answers a line for a line; started again where it ends."""

    def __init__(self, path):
        self.path = path
        self.start()

    def start(self):
        environment = os.environ | {"TZ": "UTC"}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([self.path], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, args=(self.process, self.lines), daemon=True).start()

    @staticmethod
    def read(process, lines):
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    def ask(self, question):
        """The answer, or one of the KINDS."""
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        try:
            line = self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            line = "slow"
        if line not in (None, "slow"):
            return json.loads(line)
        self.process.kill()
        self.process.wait()
        self.start()
        return "crashed" if line is None else "no answer in 5 s"


def kind(answer, meant, start):
    if isinstance(answer, str):
        return answer if answer in KINDS else "refused"
    if answer["starts"] == meant:
        return "right"
    return "only DTSTART differs" if set(answer["starts"]) ^ set(meant) == {start} else "other instances"


def dtstart(case):
    return int(case.start.replace(tzinfo=zoneinfo.ZoneInfo(case.zone or "UTC")).timestamp())


def kilobytes(name):
    """What a library adds to a component that reads and answers questions without one."""
    size = lambda name: (PROGRAMS / f"{name}.wasm").stat().st_size  # noqa: E731
    return (size(name) - size("none")) // 1000


def recurrence():
    asked = cases(COUNT)
    meant = [as_meant(case) for case in asked]
    print("| library | " + " | ".join(KINDS) + " | µs a rule, median | mean | KB of wasm |\n|---|" + "---:|" * (len(KINDS) + 3))
    for name, shown in RECURRENCE.items():
        program = Program(PROGRAMS / name)
        kinds, took = collections.Counter(), []
        for case, wanted in zip(asked, meant):
            low, high = case.range
            answer = program.ask({"object": case.object, "low": low, "high": high})
            kinds[kind(answer, wanted, dtstart(case))] += 1
            if not isinstance(answer, str):
                took.append(answer["took"])
        counts = " | ".join(f"{kinds[kind]:,}" for kind in KINDS)
        print(f"| {shown} | {counts} | {statistics.median(took):.0f} | {statistics.mean(took):,.0f} | {kilobytes(name):,} |", flush=True)


def zones():
    names = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
    times = list(range(0, 2_145_830_400, 86_400 * 5 + 3_600))
    program, other, unknown = Program(PROGRAMS / "chrono-tz"), set(), set()
    for name in names:
        zone = zoneinfo.ZoneInfo(name)
        answer = program.ask({"zone": name, "times": times})
        if answer[0] is None:
            unknown.add(name)
        elif answer != [offset(zone, time) for time in times]:
            other.add(name)
    print(f"\n`chrono-tz` at {len(times):,} times from 1970 to 2037 in each of {len(names)} zones of zoneinfo: {len(other)} zones differ "
          f"({', '.join(sorted(other)) or 'none'}), {len(unknown)} are not known ({', '.join(sorted(unknown)) or 'none'}); {kilobytes('chrono-tz'):,} KB of wasm.")


def offset(zone, time):
    import datetime

    return int(datetime.datetime.fromtimestamp(time, zone).utcoffset().total_seconds())


if __name__ == "__main__":
    recurrence()
    zones()
