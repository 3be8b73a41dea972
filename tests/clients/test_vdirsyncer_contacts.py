"""vdirsyncer, a two-way synchroniser: 500 cards with photographs between a directory and the server, with changes and removals on both sides, which end up equal."""

import base64
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from sides import Sides

COUNT = 500

# Octets of a photograph: small ones are in the database, and every tenth is large enough for the blob store.
SMALL, LARGE = 2_000, 60_000


def card(number: int, note: str) -> str:
    photo = random.Random(number).randbytes(LARGE if number % 10 == 0 else SMALL)
    encoded = base64.b64encode(photo).decode()
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:card-{number}",
        f"FN:Zo\u00eb {number}",
        f"N:{number};Zo\u00eb;;;",
        f"EMAIL;TYPE=INTERNET:zoe{number}@example.org",
        f"item1.X-ABDATE;type=pref:2005-05-{1 + number % 28:02}",
        "item1.X-ABLabel:_$!<Anniversary>!$_",
        f"NOTE:{note}",
        "PHOTO;ENCODING=b;TYPE=JPEG:",
        *(f" {encoded[start : start + 74]}" for start in range(0, len(encoded), 74)),
        "END:VCARD",
        "",
    ]
    return "\r\n".join(lines)


@pytest.fixture
def sides(account, tmp_path) -> Sides:
    return Sides(account, tmp_path, "carddav", "addressbooks", "contacts", ".vcf")


def test_two_way_synchronisation_of_contacts(sides):
    cards = {number: card(number, "as it was") for number in range(COUNT)}

    def put(number: int, url: str, status: int):
        sides.put(url, cards[number], "text/vcard", status)

    # Half of them begin on either side.
    for number in range(0, COUNT, 2):
        (sides.items / f"{number}.vcf").write_bytes(cards[number].encode())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: put(number, f"{sides.collection}{number}.vcf", 201), range(1, COUNT, 2)))
    sides.run("discover")
    sides.run("sync")
    end_equal(sides, cards)

    files, urls = sides.here(), sides.there()
    for number in range(0, 20):
        cards[number] = card(number, "changed there")
        put(number, urls[f"card-{number}"], 204)
    for number in range(20, 40):
        cards[number] = card(number, "changed here")
        files[f"card-{number}"].write_bytes(cards[number].encode())
    for number in range(40, 50):
        sides.delete(urls[f"card-{number}"])
        del cards[number]
    for number in range(50, 60):
        files[f"card-{number}"].unlink()
        del cards[number]
    for number in (COUNT, COUNT + 1):
        cards[number] = card(number, "new")
    put(COUNT, f"{sides.collection}new.vcf", 201)
    (sides.items / "new-too.vcf").write_bytes(cards[COUNT + 1].encode())
    sides.run("sync")
    end_equal(sides, cards)

    sides.run("sync")
    end_equal(sides, cards)


def end_equal(sides: Sides, cards: dict[int, str]):
    """Both sides have the very same lines. Their ends are LF where vdirsyncer has read the card in a report: XML knows no other."""
    expected = {f"card-{number}": text.encode().splitlines() for number, text in cards.items()}
    for contents in (sides.contents_here(), sides.contents_there()):
        assert contents.keys() == expected.keys()
        different = [uid for uid, content in contents.items() if content.splitlines() != expected[uid]]
        assert not different, different
