"""The tests that the library caldav ships, the parts of them that talk to a server: its own idea of what a server has to do."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

SUITE = Path(sys.prefix) / "suites" / "caldav"

# What the library is told of the server. Where it is told nothing, it takes it that all of CalDAV works, and asserts that. One of its tests
# asks the server about each of its features, and fails where the answer is another than what is declared here.
FEATURES = {
    # No standards, so the library would not look; clients do.
    "calendar-color": "full",
    "calendar-color.name": "full",
    "calendar-order": "full",
    # RFC 4791 section 5.3.2.1 demands it; the library wants it declared.
    "save.no-uid-conflict": "full",
    # A time range without a component type has no place in RFC 4791 section 9.7. The server understands it even so.
    "search.time-range.comp-type-optional": "full",
    # RFC 6638 is another matter than RFC 4791: there are no invitations by the server, and OPTIONS does not claim any.
    "scheduling": "unsupported",
    # The one property of RFC 6638 that clients ask for in any case, to know who they are.
    "scheduling.calendar-user-address-set": "full",
    # The library asks for an empty DAV:prop, writes the properties beside it and then misses them in the answer.
    "principal-search.by-name.self": "unsupported",
    # The library leaves DAV:property-search out, of which RFC 3744 section 9.4 wants one or more: the answer to that is 400.
    "principal-search.list-all": "ungraceful",
    "principal-search": "ungraceful",
}

# workerd answers MKCALENDAR by itself, with 501. The library has a name for servers that want the extended MKCOL of RFC 5689 instead.
WITHOUT_MKCALENDAR = {
    "create-calendar": {"support": "quirk", "behaviour": "mkcol-required"},
    # These would inherit the quirk.
    "create-calendar.auto": "unsupported",
    "create-calendar.set-displayname": "full",
    "create-calendar.stable-url": "full",
    "create-calendar.with-supported-component-types": "full",
}

# What is no test of a server at all.
LEFT_OUT = [
    # The library behind a proxy. The proxy changes answers by looking for `Content-Type: ` in the very letters; field names have no case
    # (RFC 9110 section 5.1), and they are sent in lower case here.
    "tests/test_caldav.py::TestProxy",
    # Start other servers, Xandikos and Radicale.
    "tests/test_caldav.py::TestGetDAVClient::testAutoEmbeddedServer",
    "tests/test_caldav.py::TestGetCalendarsConfig::test_multi_server_meta_section",
]

# By file: how many tests pass, and which skip themselves for what is declared above.
SCHEDULING = {"testIssue399ChangeAttendeeStatusUsernameEmailFallback", "testSchedulingMailboxes"}
PRINCIPAL_SEARCH = {"testPrincipals"}
# Runs where there is a calendar-user-address-set with nothing in it, which is not the case.
NO_ADDRESS = {"testChangeAttendeeStatusWithEmptyAddressSet"}
EXPECTED = {
    "test_caldav": (69, SCHEDULING | PRINCIPAL_SEARCH | NO_ADDRESS),
    "test_async_integration": (62, {"test_scheduling_mailboxes", "test_issue_399_change_attendee_status", "test_principals"}),
    "test_examples": (5, set()),
}


@pytest.mark.parametrize("module", EXPECTED)
def test_what_the_library_ships(module, host, server, tmp_path, subtests):
    # An address for a name, so that there is an `@` in every URL.
    configure(tmp_path, host, server.account(domain="@example.org"))
    cases, told = run(module, tmp_path)
    skipped = set()
    passed = 0
    for name, outcome, text in cases:
        if outcome == "skipped":
            skipped.add(name)
            continue
        with subtests.test(name):
            assert outcome == "passed", text
            passed += 1
    assert (passed, skipped) == EXPECTED[module], told


def configure(home: Path, host: str, account) -> None:
    """Says where the server is, in the file that the suite reads in the home directory."""
    features = FEATURES | (WITHOUT_MKCALENDAR if host == "cloudflare" else {})
    server = {
        "type": "external",
        "url": account.url,
        "username": account.name,
        "password": account.password,
        "features": {name: {"support": it} if isinstance(it, str) else it for name, it in features.items()},
    }
    directory = home / ".config" / "caldav"
    directory.mkdir(parents=True)
    (directory / "test_servers.json").write_text(json.dumps({"test-servers": {"kalends": server}}))


def run(module: str, home: Path) -> tuple[list[tuple[str, str, str]], str]:
    """Runs a file of the suite: the name, the outcome and the failure of each test, and all that was written."""
    report = home / "report.xml"
    command = [sys.executable, "-m", "pytest", "--quiet", "--color=no", "--tb=short", "-p", "no:cacheprovider", f"--junit-xml={report}"]
    # Its settings make errors of all warnings: of two that are not the server's, too.
    command += ["-o", "asyncio_default_fixture_loop_scope=function"]
    command += ["-W", "default:principals() is deprecated:DeprecationWarning"]
    command += [f"--deselect={test}" for test in LEFT_OUT]
    done = subprocess.run(
        [*command, f"tests/{module}.py"],
        cwd=SUITE,
        env={
            # Without the address of somebody's calendar.
            **{name: value for name, value in os.environ.items() if not name.startswith(("CALDAV_", "CALENDARING_"))},
            "HOME": str(home),
            "TMPDIR": str(home),
            "PYTHON_CALDAV_TEST_EMBEDDED": "0",
            "PYTHON_CALDAV_TEST_DOCKER": "0",
        },
        capture_output=True,
        text=True,
        timeout=900,
    )
    told = done.stdout + done.stderr
    assert report.exists(), told
    return [outcome_of(case) for case in ElementTree.parse(report).iter("testcase")], told


def outcome_of(case: ElementTree.Element) -> tuple[str, str, str]:
    for trouble in case:
        if trouble.tag in ("failure", "error", "skipped"):
            return case.get("name"), trouble.tag, trouble.text
    return case.get("name"), "passed", ""
