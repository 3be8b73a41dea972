"""vdirsyncer, a two-way synchroniser: 500 cards with photographs between a directory and the server, with changes and removals on both sides. Both end up with the same
octets."""

import base64
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

COUNT = 500

# Octets of a photograph: small ones are in the database, and every tenth is large enough for the blob store.
SMALL, LARGE = 2_000, 60_000

CONFIG = """
[general]
status_path = "{directory}/status/"

[pair contacts]
a = "directory"
b = "server"
collections = [["contacts", "contacts", "contacts"]]
conflict_resolution = "b wins"

[storage directory]
type = "filesystem"
path = "{directory}/items/"
fileext = ".vcf"

[storage server]
type = "carddav"
url = "{url}"
username = "{name}"
password = "{password}"
"""


def card(number: int, note: str) -> str:
    photo = random.Random(number).randbytes(LARGE if number % 10 == 0 else SMALL)
    encoded = base64.b64encode(photo).decode()
    lines = [encoded[start : start + 74] for start in range(0, len(encoded), 74)]
    return "\r\n".join(
        [
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
            *(f" {line}" for line in lines),
            "END:VCARD",
            "",
        ]
    )


def uid(text: str) -> str:
    return re.search(r"^UID:(.*?)\r?$", text, re.M)[1]


class Sides:
    """A directory, an address book on the server, and vdirsyncer between them."""

    def __init__(self, account, directory):
        self.items = directory / "items" / "contacts"
        self.items.mkdir(parents=True)
        self.config = directory / "config"
        values = {"directory": directory, "url": account.url, "name": account.name, "password": account.password}
        self.config.write_text(CONFIG.format(**values))
        self.session = requests.Session()
        self.session.auth = (account.name.encode(), account.password.encode())
        self.origin = account.url.rstrip("/")
        self.book = f"{self.origin}/dav/addressbooks/{account.name}/contacts/"

    def run(self, *arguments):
        command = [sys.executable, "-m", "vdirsyncer", "--config", str(self.config), *arguments]
        run = subprocess.run(command, input="y\n", capture_output=True, text=True, timeout=1200)
        assert run.returncode == 0, run.stdout + run.stderr

    def here(self) -> dict[str, bytes]:
        """The cards in the directory by UID."""
        return by_uid(path.read_bytes() for path in self.items.iterdir())

    def there(self) -> dict[str, bytes]:
        """The cards on the server by UID, each by a GET of its own."""
        return by_uid(self.get(href) for href in self.hrefs())

    def get(self, href: str) -> bytes:
        answer = self.session.get(href)
        assert answer.status_code == 200, answer.text
        return answer.content

    def hrefs(self) -> list[str]:
        body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        answer = self.session.request("PROPFIND", self.book, data=body, headers={"Depth": "1"})
        assert answer.status_code == 207
        return [self.origin + href for href in re.findall(r"<D:href>([^<]+\.vcf)</D:href>", answer.text)]

    def put(self, name: str, card: str, status: int):
        answer = self.session.put(self.book + name, data=card.encode(), headers={"Content-Type": "text/vcard"})
        assert answer.status_code == status, answer.text


def by_uid(cards) -> dict[str, bytes]:
    return {uid(card.decode()): card for card in cards}


@pytest.fixture
def sides(account, tmp_path) -> Sides:
    return Sides(account, tmp_path)


def test_two_way_synchronisation_of_contacts(sides):
    cards = {number: card(number, "as it was") for number in range(COUNT)}
    # Half of them begin on either side.
    for number in range(0, COUNT, 2):
        (sides.items / f"{number}.vcf").write_bytes(cards[number].encode())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: sides.put(f"{number}.vcf", cards[number], 201), range(1, COUNT, 2)))
    sides.run("discover")
    sides.run("sync")
    end_equal(sides, cards)

    files = {uid(path.read_text()): path for path in sides.items.iterdir()}
    hrefs = {uid(sides.get(href).decode()): href.rsplit("/", 1)[1] for href in sides.hrefs()}
    for number in range(0, 20):
        cards[number] = card(number, "changed there")
        sides.put(hrefs[f"card-{number}"], cards[number], 204)
    for number in range(20, 40):
        cards[number] = card(number, "changed here")
        files[f"card-{number}"].write_bytes(cards[number].encode())
    for number in range(40, 50):
        assert sides.session.delete(sides.book + hrefs[f"card-{number}"]).status_code == 204
        del cards[number]
    for number in range(50, 60):
        files[f"card-{number}"].unlink()
        del cards[number]
    for number in (COUNT, COUNT + 1):
        cards[number] = card(number, "new")
    sides.put("new.vcf", cards[COUNT], 201)
    (sides.items / "new-too.vcf").write_bytes(cards[COUNT + 1].encode())
    sides.run("sync")
    end_equal(sides, cards)

    sides.run("sync")
    end_equal(sides, cards)


def end_equal(sides: Sides, cards: dict[int, str]):
    """Both sides have the very same octets. vdirsyncer writes the lines of what it fetches as XML has them, without CR."""
    expected = {f"card-{number}": lines(text.encode()) for number, text in cards.items()}
    for side in (sides.here(), sides.there()):
        assert side.keys() == expected.keys()
        different = [uid for uid, content in side.items() if lines(content) != expected[uid]]
        assert not different, different


def lines(content: bytes) -> list[bytes]:
    return content.splitlines()
