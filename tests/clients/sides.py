"""A directory, a collection on the server, and vdirsyncer between them."""

import re
import subprocess
import sys
from pathlib import Path

import requests

CONFIG = """
[general]
status_path = "{directory}/status/"

[pair both]
a = "directory"
b = "server"
collections = [["both", "both", "{collection}"]]
conflict_resolution = "b wins"

[storage directory]
type = "filesystem"
path = "{directory}/items/"
fileext = "{extension}"

[storage server]
type = "{protocol}"
url = "{url}"
username = "{name}"
password = "{password}"
"""


class Sides:
    """What is in the directory is here, what is on the server there. `home` and `collection` are segments of the collection's path; `extension` has its dot."""

    def __init__(self, account, directory: Path, protocol: str, home: str, collection: str, extension: str):
        self.items = directory / "items" / "both"
        self.items.mkdir(parents=True)
        self.extension = extension
        self.config = directory / "config"
        values = {"url": account.url, "name": account.name, "password": account.password}
        values |= {"directory": directory, "protocol": protocol, "collection": collection, "extension": extension}
        self.config.write_text(CONFIG.format(**values))
        self.session = requests.Session()
        self.session.auth = (account.name.encode(), account.password.encode())
        self.origin = account.url.rstrip("/")
        self.collection = f"{self.origin}/dav/{home}/{account.name}/{collection}/"

    def run(self, *arguments):
        command = [sys.executable, "-m", "vdirsyncer", "--config", str(self.config), *arguments]
        run = subprocess.run(command, input="y\n", capture_output=True, text=True, timeout=1200)
        assert run.returncode == 0, run.stdout + run.stderr

    def here(self) -> dict[str, Path]:
        """The files in the directory by UID."""
        return {uid(path.read_bytes()): path for path in self.items.iterdir()}

    def there(self) -> dict[str, str]:
        """The URLs on the server by UID."""
        body = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
        answer = self.session.request("PROPFIND", self.collection, data=body, headers={"Depth": "1"})
        assert answer.status_code == 207
        pattern = rf"<D:href>([^<]+{re.escape(self.extension)})</D:href>"
        urls = [self.origin + href for href in re.findall(pattern, answer.text)]
        return {uid(self.get(url)): url for url in urls}

    def get(self, url: str) -> bytes:
        answer = self.session.get(url)
        assert answer.status_code == 200, answer.text
        return answer.content

    def put(self, url: str, content: str, media_type: str, status: int):
        answer = self.session.put(url, data=content.encode(), headers={"Content-Type": media_type})
        assert answer.status_code == status, answer.text

    def delete(self, url: str):
        assert self.session.delete(url).status_code == 204

    def contents_here(self) -> dict[str, bytes]:
        """What is in the directory by UID."""
        return {uid: path.read_bytes() for uid, path in self.here().items()}

    def contents_there(self) -> dict[str, bytes]:
        """What is on the server by UID, each by a GET of its own."""
        return {uid: self.get(url) for uid, url in self.there().items()}


def uid(content: bytes) -> str:
    return re.search(rb"^UID:(.*?)\r?$", content, re.M)[1].decode()
