"""Thunderbird, without a screen: what it finds from the server's address, what it makes, changes and removes there, and what it sees of others."""

import re

import pytest
from other import Other, calendar, eventually
from samples import CANDLES, CHOIR
from thunderbird import Thunderbird

TEA = """BEGIN:VEVENT\r
UID:tea\r
DTSTAMP:20260101T000000Z\r
DTSTART;TZID=Europe/Berlin:20260314T120000\r
DTEND;TZID=Europe/Berlin:20260314T130000\r
SUMMARY:Tea with Zoë\r
BEGIN:VALARM\r
ACTION:DISPLAY\r
TRIGGER:-PT15M\r
DESCRIPTION:Tea\r
END:VALARM\r
END:VEVENT\r
"""
ZOE = """BEGIN:VCARD\r
VERSION:4.0\r
UID:zoe\r
N:Brontë;Zoë;;;\r
FN:Zoë Brontë\r
EMAIL;PREF=1:zoe@example.org\r
BDAY;VALUE=DATE:--0504\r
END:VCARD\r
"""


@pytest.fixture
def thunderbird(account, tmp_path):
    """A Thunderbird that has subscribed to all that it found."""
    thunderbird = Thunderbird(tmp_path / "thunderbird")
    signed_in = (account.url, account.name, account.password)
    thunderbird.calendars_found = thunderbird.findCalendars(*signed_in)
    thunderbird.address_books_found = thunderbird.findAddressBooks(*signed_in)
    yield thunderbird
    thunderbird.stop()


@pytest.fixture
def personal(account) -> str:
    return f"/dav/calendars/{account.name}/personal/"


@pytest.fixture
def contacts(account) -> str:
    return f"/dav/addressbooks/{account.name}/contacts/"


def test_everything_is_found(server, account, personal, contacts, thunderbird):
    found = {name: (path, read_only) for name, path, _colour, read_only in thunderbird.calendars_found}
    assert found == {"Personal": (personal, False), "Tasks": (f"/dav/calendars/{account.name}/tasks/", False)}
    assert thunderbird.address_books_found == [["Contacts", contacts]]

    # What is shared for reading can be read and not be written, and has the name and the colour that its owner gave it.
    owner = Other(server.account())
    garden = f"/dav/calendars/{owner.name}/garden/"
    owner.make_calendar(garden, "Garden", "#aa00ff")
    owner.put(garden + "tea.ics", calendar(TEA))
    owner.share(garden, account.name)
    [shared] = [found for found in thunderbird.findCalendars(account.url, account.name, account.password) if found[0] == "Garden"]
    assert shared[2:] == ["#aa00ff", True]
    assert "SUMMARY:Tea with Zoë" in thunderbird.items("Garden")["tea"]


def test_events(other, personal, thunderbird):
    thunderbird.add("Personal", calendar(TEA))
    path, _ = other.only(personal, "SUMMARY:Tea with Zoë", "DTSTART;TZID=Europe/Berlin:20260314T120000", "TRIGGER:-PT15M")
    thunderbird.retitle("Personal", "tea", "Coffee with Zoë")
    other.only(personal, "SUMMARY:Coffee with Zoë", "TRIGGER:-PT15M")

    # What another client changes and adds is seen, and then changed in turn.
    other.put(path, calendar(TEA.replace("Tea with", "Chocolate with")))
    other.put(personal + "from-elsewhere.ics", calendar(TEA.replace("UID:tea", "UID:from-elsewhere")))
    thunderbird.refresh("Personal")
    assert "SUMMARY:Chocolate with Zoë" in thunderbird.items("Personal")["tea"]
    thunderbird.retitle("Personal", "from-elsewhere", "Juice")
    assert "SUMMARY:Juice" in other.members(personal)[personal + "from-elsewhere.ics"]

    thunderbird.remove("Personal", "from-elsewhere")
    assert other.only(personal)[0] == path
    other.delete(path)
    thunderbird.refresh("Personal")
    assert thunderbird.items("Personal") == {}


def test_nobody_is_overwritten(other, personal, thunderbird):
    thunderbird.add("Personal", calendar(TEA))
    path, _ = other.only(personal)
    other.put(path, calendar(TEA.replace("Tea with", "Chocolate with")))
    thunderbird.retitle("Personal", "tea", "Coffee with Zoë")
    other.only(personal, "SUMMARY:Chocolate with Zoë")
    assert "SUMMARY:Chocolate with Zoë" in thunderbird.items("Personal")["tea"]


def test_instances_of_a_recurring_event(other, personal, thunderbird):
    thunderbird.add("Personal", calendar(CHOIR))
    thunderbird.moveInstance("Personal", "choir", "20260312T180000Z", 24 * 60)
    thunderbird.removeInstance("Personal", "choir", "20260319T180000Z")
    path, text = other.only(personal, "RECURRENCE-ID:20260312T180000Z", "DTSTART:20260313T180000Z", "EXDATE:20260319T180000Z")
    assert text.count("BEGIN:VEVENT") == 2
    thunderbird.refresh("Personal")
    assert "RECURRENCE-ID:20260312T180000Z" in thunderbird.items("Personal")["choir"]

    # Somebody takes both back.
    other.put(path, calendar(CHOIR))
    thunderbird.refresh("Personal")
    assert not re.search("RECURRENCE-ID|EXDATE", thunderbird.items("Personal")["choir"])


def test_tasks(account, other, thunderbird):
    tasks = f"/dav/calendars/{account.name}/tasks/"
    thunderbird.add("Tasks", calendar(CANDLES))
    path, _ = other.only(tasks, "SUMMARY:Buy candles", "DUE;VALUE=DATE:20261201")
    other.put(path, calendar(CANDLES.replace("Buy candles", "Buy candles and matches")))
    thunderbird.refresh("Tasks")
    thunderbird.complete("Tasks", "candles")
    other.only(tasks, "STATUS:COMPLETED", "PERCENT-COMPLETE:100", "SUMMARY:Buy candles and matches")
    thunderbird.remove("Tasks", "candles")
    assert not other.members(tasks)


def test_contacts(other, contacts, thunderbird):
    thunderbird.addCard("Contacts", ZOE)
    path, _ = other.only(contacts, "FN:Zoë Brontë", "BDAY;VALUE=DATE:--0504")
    eventually(lambda: thunderbird.cards("Contacts"), lambda cards: "zoe" in cards)
    thunderbird.editCard("Contacts", "zoe", "zoe@example.org", "bronte@example.org")
    other.only(contacts, "bronte@example.org", "FN:Zoë Brontë", "0504")

    other.put(path, ZOE.replace("FN:Zoë Brontë", "FN:Zoë B."))
    other.put(contacts + "from-elsewhere.vcf", ZOE.replace("UID:zoe", "UID:from-elsewhere"))
    thunderbird.synchronise("Contacts")
    cards = thunderbird.cards("Contacts")
    assert "FN:Zoë B." in cards["zoe"] and "FN:Zoë Brontë" in cards["from-elsewhere"]

    thunderbird.removeCard("Contacts", "zoe")
    assert other.only(contacts)[0] == contacts + "from-elsewhere.vcf"
    other.delete(contacts + "from-elsewhere.vcf")
    thunderbird.synchronise("Contacts")
    assert thunderbird.cards("Contacts") == {}


def test_a_token_that_is_not_known_any_more(other, contacts, thunderbird):
    """After a backup was restored, for example."""
    other.put(contacts + "zoe.vcf", ZOE)
    thunderbird.synchronise("Contacts")
    thunderbird.loseToken("Contacts")
    other.delete(contacts + "zoe.vcf")
    other.put(contacts + "anne.vcf", ZOE.replace("UID:zoe", "UID:anne"))
    thunderbird.synchronise("Contacts")
    assert thunderbird.cards("Contacts").keys() == {"anne"}
