"""What Kalends gives for thousands of rules, against python-dateutil and ical.js. `cargo xtask test icalendar` runs it.

A difference is not listed but explained: of dateutil by saying the same question in words that it reads as RFC 5545 does, after which no
difference is left; of ical.js by what in a rule it does not know, where dateutil, so asked, gives what Kalends gives.
docs/decisions-icalendar.md names them all.
"""

import collections
import json
import os
import subprocess
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from cases import ZONES, cases
from dateutil_rules import MARGIN, READINGS, as_meant, start_is_first, seconds
from ical_js import LIMITS, WITH_ANSWERS, difference

HERE = Path(__file__).parent
COUNT = int(os.environ.get("KALENDS_RULES", "5000"))
AT_ONCE = os.cpu_count() or 1


def ask(command, questions):
    """The answers of a program that reads a question in each line."""
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, cwd=HERE)
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask_at_once(command, first, questions):
    """The same of several processes, each of which is told something first; questions that take long are spread among them."""
    parts = [questions[at::AT_ONCE] for at in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [iter(part) for part in pool.map(lambda part: ask(command, [first, *part]), parts)]
    return [next(answers[at % AT_ONCE]) for at in range(len(questions))]


def question(case):
    low, high = case.range
    near = {"after": seconds(case.low - MARGIN), "before": seconds(case.high + MARGIN)}
    return {"object": case.object, "low": low, "high": high} | near


@pytest.fixture(scope="session")
def asked():
    return cases(COUNT)


@pytest.fixture(scope="session")
def ours(asked):
    answers = ask([os.environ["KALENDS_INSTANCES"]], map(question, asked))
    assert len(answers) == len(asked)
    return answers


@pytest.fixture(scope="session")
def meant(asked):
    with ProcessPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(as_meant, asked, chunksize=50))


@pytest.fixture(scope="session")
def ical_js(asked):
    # It reads the VTIMEZONEs that Kalends writes, and so these are compared, too.
    zones = ask([os.environ["KALENDS_INSTANCES"]], [{"timezone": zone} for zone in ZONES if zone])
    answers = ask_at_once(["node", "ical.mjs"], {"timezones": zones}, list(map(question, asked)))
    assert len(answers) == len(asked)
    return answers


def shown(case, ours, theirs):
    if isinstance(ours, str) or isinstance(theirs, str):
        return f"{case}: {str(ours)[:60]} and {str(theirs)[:60]}"
    return f"{case}: only ours {sorted(set(ours) - set(theirs))[:3]}, only theirs {sorted(set(theirs) - set(ours))[:3]}"


def differences(asked, ours, theirs):
    return [(case, one, other) for case, one, other in zip(asked, ours, theirs) if one != other]


def test_there_is_something_to_compare(asked, ours):
    assert len(asked) >= COUNT and sum(1 for answer in ours if answer) > COUNT * 0.7
    assert not [answer for answer in ours if isinstance(answer, str)]


def test_dateutil_asked_as_rfc_5545_means_it_agrees(asked, ours, meant):
    left = differences(asked, ours, meant)
    assert not left, f"{len(left)} differ:\n" + "\n".join(shown(*one) for one in left[:20])


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.__name__)
def test_each_reading_is_needed(asked, ours, reading):
    """Without one of the readings, some rules differ that agree with it."""
    others = [other for other in READINGS if other is not reading]

    def applies(case):
        return reading is start_is_first or reading(case, case.parts, case.start) != (case.parts, case.start)

    assert any(applies(case) and as_meant(case, others) != answer for case, answer in zip(asked, ours))


def test_ical_js_differs_only_where_its_limits_are_known(asked, ours, meant, ical_js):
    left = [(case, one, other, reading) for case, one, other, reading in zip(asked, ours, ical_js, meant) if one != other]
    names = collections.Counter()
    open_ones = []
    for case, one, other, reading in left:
        name = difference(case, one, other)
        names[name] += 1
        # Two of three agree.
        assert one == reading, shown(case, one, reading)
        if name is None:
            open_ones.append(shown(case, one, other))
    print(f"\nical.js: {len(left)} of {len(asked)} differ\n" + "\n".join(f"{count:6} {name}" for name, count in names.most_common()))
    assert not open_ones, f"{len(open_ones)} open:\n" + "\n".join(open_ones[:40])
    assert set(names) == {*WITH_ANSWERS, *LIMITS}, "a difference that no rule shows"
