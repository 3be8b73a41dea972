"""The library caldav as a client: from the bare URL to events that are found, synchronised, changed and deleted."""

from datetime import date, datetime, timedelta, timezone

import caldav
import icalendar
import pytest
import requests
from caldav.elements import dav, ical
from caldav.lib import error

from samples import hand_made, public_holidays

EVENTS = 200


@pytest.fixture
def principal(account):
    with caldav.DAVClient(account.url, username=account.name, password=account.password) as client:
        yield client.principal()


@pytest.fixture
def method(host) -> str:
    """How calendars are made: MKCALENDAR does not pass workerd."""
    return {"native": "mkcalendar", "cloudflare": "mkcol"}[host]


@pytest.fixture
def calendar(principal, method):
    return principal.make_calendar("Test 🗓️", cal_id="test", supported_calendar_component_set=["VEVENT"], method=method)


def uids(events) -> list[str]:
    return sorted(str(event.icalendar_component["UID"]) for event in events)


def uid_of(text: str) -> str:
    return str(icalendar.Calendar.from_ical(text).events[0]["UID"])


def test_discovers_what_an_account_is_born_with(principal):
    calendars = principal.get_calendars()
    components = {calendar.url.path.rstrip("/").rsplit("/")[-1]: calendar.get_supported_components() for calendar in calendars}
    assert sorted(components) == ["personal", "tasks"]
    assert "VEVENT" in components["personal"]
    assert components["tasks"] == ["VTODO"]


def test_the_server_says_that_it_speaks_caldav(account):
    with caldav.DAVClient(account.url, username=account.name, password=account.password) as client:
        assert client.supports_dav()
        assert client.supports_caldav()


def test_makes_a_calendar_and_finds_it_again(principal, method):
    made = principal.make_calendar("Arbeit & Ruhe", method=method)
    assert made.url in [calendar.url for calendar in principal.get_calendars()]
    assert principal.calendar(name="Arbeit & Ruhe").url == made.url
    made.set_properties([dav.DisplayName("Anders"), ical.CalendarColor("#00AAFF")])
    again = principal.client.calendar(url=made.url)
    assert again.get_display_name() == "Anders"
    assert again.get_property(ical.CalendarColor()) == "#00AAFF"
    made.delete()
    assert made.url not in [calendar.url for calendar in principal.get_calendars()]


def test_two_hundred_events_found_by_date_synchronised_changed_and_deleted(calendar):
    files = hand_made()
    days = public_holidays(EVENTS - len(files))
    for objects in (list(files.values()), *days.values()):
        for text in objects:
            calendar.add_event(text, increase_seqno=False)
    assert len(calendar.get_events()) == EVENTS

    find_holidays_by_date(calendar, days, {uid_of(text) for text in files.values()})
    synchronise(calendar)


def find_holidays_by_date(calendar, days, others) -> None:
    """Every month has the holidays that it should have, and no others."""
    for month in range(1, 13):
        start = date(2026, month, 1)
        end = (start + timedelta(days=32)).replace(day=1)
        expected = sorted(uid_of(text) for day, texts in days.items() if start <= day < end for text in texts)
        midnight = [datetime(day.year, day.month, day.day, tzinfo=timezone.utc) for day in (start, end)]
        found = calendar.search(event=True, start=midnight[0], end=midnight[1])
        assert [uid for uid in uids(found) if uid not in others] == expected, start


def synchronise(calendar) -> None:
    """A copy that is synchronised by token follows what happens on the server."""
    copy = calendar.get_objects_by_sync_token(load_objects=True, disable_fallback=True)
    assert len(copy) == EVENTS
    assert not copy.sync_token.startswith("fake-")
    assert copy.sync() == ([], [])

    changed, deleted = calendar.get_events()[:2]
    changed.icalendar_component["SUMMARY"] = "Changed ✏️"
    changed.save()
    deleted_uid = uids([deleted])
    deleted.delete()
    added = calendar.add_event(dtstart=datetime(2026, 3, 14, 15, 9, tzinfo=timezone.utc), dtend=datetime(2026, 3, 14, 16, tzinfo=timezone.utc), summary="π")

    updated, removed = copy.sync()
    assert uids(updated) == uids([changed, added])
    assert [event.url for event in removed] == [deleted.url]
    assert not copy.sync_token.startswith("fake-"), "the library had to do without tokens"
    assert len(copy) == EVENTS
    assert str(calendar.get_event_by_uid(uids([changed])[0]).icalendar_component["SUMMARY"]) == "Changed ✏️"
    with pytest.raises(error.NotFoundError):
        calendar.get_event_by_uid(deleted_uid[0])


def test_a_forgotten_token_is_refused_as_the_library_expects(calendar):
    with pytest.raises(error.AuthorizationError) as refused:
        calendar.get_objects_by_sync_token("http://example.org/forgotten", disable_fallback=True)
    assert "{DAV:}valid-sync-token" in refused.value.preconditions


@pytest.mark.parametrize("name", hand_made())
def test_a_hand_made_object_comes_back_octet_for_octet(calendar, account, name):
    text = hand_made()[name].encode()
    url = str(calendar.url.join(f"{name}.ics"))
    signed_in = (account.name.encode(), account.password.encode())
    stored = requests.put(url, data=text, auth=signed_in, headers={"Content-Type": "text/calendar"})
    assert stored.status_code == 201, stored.text
    fetched = requests.get(url, auth=signed_in)
    assert fetched.content == text
    assert fetched.headers["ETag"] == stored.headers["ETag"]
    assert len(calendar.get_events()) == 1


# When each hand-made event happens, and when it nearly does: a moment in it, and one beside it.
MOMENTS = {
    "alarms": ("2026-06-01T07:30", "2026-06-01T09:00"),
    "all-day": ("2026-08-05T12:00", "2026-08-15T12:00"),
    "attendees": ("2026-09-10T13:30", "2026-09-10T16:00"),
    "emoji": ("2026-12-31T22:30", "2026-12-31T20:00"),
    "folding": ("2026-02-02T10:30", "2026-02-02T12:00"),
    "recurring-with-exceptions": ("2026-03-18T15:30", "2026-03-18T08:30"),
    "timezone": ("2026-07-14T07:30", "2026-07-14T09:30"),
    "weekly-in-new-york": ("2027-01-05T14:15", "2027-01-05T15:15"),
    "yearly": ("2030-05-17T12:00", "2030-05-18T12:00"),
}


def test_every_hand_made_object_has_its_moments():
    assert sorted(MOMENTS) == sorted(hand_made())


@pytest.mark.parametrize("name", MOMENTS)
def test_a_hand_made_event_is_found_when_it_happens(calendar, name):
    calendar.add_event(hand_made()[name], increase_seqno=False)
    there, beside = (datetime.fromisoformat(moment).replace(tzinfo=timezone.utc) for moment in MOMENTS[name])
    minutes = timedelta(minutes=10)
    assert len(calendar.search(event=True, start=there, end=there + minutes)) == 1
    assert len(calendar.search(event=True, start=beside, end=beside + minutes)) == 0


def test_the_server_expands_recurring_events(calendar):
    calendar.add_event(hand_made()["recurring-with-exceptions"], increase_seqno=False)
    start, end = datetime(2026, 3, 1, tzinfo=timezone.utc), datetime(2026, 4, 1, tzinfo=timezone.utc)
    found = calendar.search(event=True, start=start, end=end, server_expand=True)
    starts = sorted(event.icalendar_component["DTSTART"].dt.astimezone(timezone.utc) for event in found)
    # Wednesdays at 9 in Berlin: the 11th is left out, the 18th is moved to the afternoon; the clocks change on the 29th.
    expected = [(4, 8), (18, 15), (25, 8)]
    assert starts == [datetime(2026, 3, day, hour, tzinfo=timezone.utc) for day, hour in expected]


def test_tasks_are_kept_and_completed(principal):
    tasks = principal.calendar(cal_id="tasks")
    task = tasks.add_todo(summary="Milk 🥛", due=datetime(2026, 3, 14, 12, tzinfo=timezone.utc))
    assert uids(tasks.get_todos()) == uids([task])
    task.complete()
    assert tasks.get_todos() == []
    assert uids(tasks.get_todos(include_completed=True)) == uids([task])


def test_an_edit_of_an_old_version_is_refused(calendar):
    event = calendar.add_event(hand_made()["timezone"], increase_seqno=False)
    first, second = (calendar.get_event_by_uid(uid_of(hand_made()["timezone"])) for _ in range(2))
    first.icalendar_component["SUMMARY"] = "First"
    first.save()
    headers = {"If-Match": second.props.get(dav.GetEtag.tag) or '"of another version"', "Content-Type": "text/calendar"}
    answer = calendar.client.put(str(event.url), second.data, headers)
    assert answer.status == 412
    assert str(calendar.get_event_by_uid(uid_of(hand_made()["timezone"])).icalendar_component["SUMMARY"]) == "First"
