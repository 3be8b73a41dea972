"""What is there before somebody types a document's commands: files, accounts and servers of whom it speaks. By the document's name."""

import os
import shutil
import sqlite3
from datetime import date
from pathlib import Path

from desk import KALENDS, Desk, free_port

CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kalends//Tests//EN\r\n{}END:VCALENDAR\r\n"
EVENT = "BEGIN:VEVENT\r\nUID:{0}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:2026050{1}T100000Z\r\nSUMMARY:{0}\r\nEND:VEVENT\r\n"
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:somebody\r\nFN:Somebody\r\nN:;Somebody;;;\r\nEND:VCARD\r\n"


def calendar(*uids: str) -> str:
    return CALENDAR.format("".join(EVENT.format(uid, number + 1) for number, uid in enumerate(uids)))


def readme(desk: Desk):
    """The same name on both servers that the document starts."""
    desk.run("kalends user add ada --data data; kalends user add ada --data /srv/kalends")
    for name, port in (("OLD", 8080), ("NEW", 9000)):
        desk.replacements[f"https://ada@{name}/"] = f"http://ada@127.0.0.1:{desk.ports[port]}/"


def native(desk: Desk):
    """The true binary to be installed, calendars of other servers, an account, and two servers between which to copy."""
    shutil.copy(KALENDS, desk.tree / "target/release/kalends")
    radicale = desk.home / "var/lib/radicale/collections/collection-root/eve/work"
    radicale.mkdir(parents=True)
    (radicale / ".Radicale.props").write_text('{"tag": "VCALENDAR", "D:displayname": "Work"}')
    (radicale / "radicale.ics").write_text(calendar("radicale"))
    (desk.tree / "holidays.ics").write_text(calendar("holiday-one", "holiday-two"))
    (desk.tree / "work.ics").write_text(calendar("work"))
    baikal(desk.tree / "baikal/db.sqlite", "ada@example.org")
    # The document speaks of a machine on which there is one directory of data.
    desk.run(
        f"""export KALENDS_DATA=/var/lib/kalends
        kalends user add ada
        kalends user add ada --data /srv/kalends
        kalends serve --data /srv/kalends --listen 127.0.0.1:{(other := free_port())}"""
    )
    desk.replacements["https://ada@old.example.org/"] = f"http://ada@127.0.0.1:{desk.ports[8080]}/"
    desk.replacements["https://ada@new.example.org/"] = f"http://ada@127.0.0.1:{other}/"


def baikal(path: Path, user: str):
    """Baikal's database, the tables that are read: <https://github.com/sabre-io/dav/tree/master/examples/sql>."""
    path.parent.mkdir()
    database = sqlite3.connect(path)
    database.executescript(
        """
        CREATE TABLE calendars (id INTEGER PRIMARY KEY, synctoken INTEGER, components TEXT);
        CREATE TABLE calendarinstances (id INTEGER PRIMARY KEY, calendarid INTEGER, principaluri TEXT, access INTEGER, displayname TEXT, uri TEXT,
            description TEXT, calendarorder INTEGER, calendarcolor TEXT, timezone TEXT);
        CREATE TABLE calendarobjects (id INTEGER PRIMARY KEY, calendardata BLOB, uri TEXT, calendarid INTEGER);
        CREATE TABLE addressbooks (id INTEGER PRIMARY KEY, principaluri TEXT, displayname TEXT, uri TEXT, description TEXT);
        CREATE TABLE cards (id INTEGER PRIMARY KEY, addressbookid INTEGER, carddata BLOB, uri TEXT);
        INSERT INTO calendars VALUES (1, 1, 'VEVENT');
        """
    )
    principal = f"principals/{user}"
    database.execute("INSERT INTO calendarinstances VALUES (1, 1, ?, 1, 'Old', 'old', NULL, 0, NULL, NULL)", [principal])
    database.execute("INSERT INTO calendarobjects VALUES (1, ?, 'baikal.ics', 1)", [calendar("baikal")])
    database.execute("INSERT INTO addressbooks VALUES (1, ?, 'People', 'people', NULL)", [principal])
    database.execute("INSERT INTO cards VALUES (1, 1, ?, 'somebody.vcf')", [CARD])
    database.commit()
    database.close()


def cloudflare(desk: Desk):
    """A directory stands for R2's bucket, and today for the day of the backup."""
    bucket = desk.home / "r2/kalends-blobs"
    (bucket / "blobs").mkdir(parents=True)
    (bucket / "blobs" / ("0123456789abcdef" * 4)).write_text("a body")
    desk.environment |= {"RCLONE_CONFIG_R2_TYPE": "alias", "RCLONE_CONFIG_R2_REMOTE": str(bucket.parent)}
    desk.replacements["kalends-2026-11-20.sql"] = f"kalends-{date.today()}.sql"
    desk.replacements["-u ben -H"] = "-u 'ben:a long one' -H"


def fermyon(desk: Desk):
    """A PostgreSQL, which stands for the one of the document; who connects is believed."""
    server = os.environ["KALENDS_POSTGRES"]
    authority = server.rpartition("@")[2]
    desk.environment["PGHOST"], desk.environment["PGPORT"] = authority.split(":")
    desk.environment["PGUSER"] = "postgres"
    desk.replacements |= {
        "?sslmode=require": "",
        "db.example:5432": authority,
        "@127.0.0.1/kalends": f"@{authority}/kalends",
        "https://YOUR-APP": f"http://127.0.0.1:{desk.ports[3000]}",
    }


BEFORE = {"README": readme, "native": native, "cloudflare": cloudflare, "fermyon": fermyon}
