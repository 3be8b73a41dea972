"""A server for the client tests, started as `cargo xtask serve` starts it."""

import json
import os
import shutil
import subprocess
import threading
import urllib.request
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from other import Other

ADMIN_TOKEN = "an-administrator-of-tests-and-of-nothing-else"
PASSWORD = "correct horse, battery: stäple"
READY = "is listening on "


@dataclass
class Account:
    """Somebody who may sign in, and where."""

    url: str
    name: str
    password: str


class Server:
    """A running server. It ends when its standard input does."""

    def __init__(self, host: str, directory: Path):
        command = [os.environ["KALENDS_XTASK"], "serve", "--prebuilt", "--tethered", "--host", host]
        command += ["--port", "0", "--data", str(directory / "data")]
        self.log = directory / "server.log"
        self.process = subprocess.Popen(
            command,
            env={**os.environ, "KALENDS_ADMIN_TOKEN": ADMIN_TOKEN},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log.open("ab"),
            text=True,
        )
        self.url = self._ready()
        threading.Thread(target=self._drain, daemon=True).start()
        self._numbers = count()

    def _ready(self) -> str:
        for line in self.process.stdout:
            if READY in line:
                return line.split(READY)[1].strip()
        raise RuntimeError(f"the server did not start: see {self.log}")

    def _drain(self) -> None:
        """Reads on, so that the server is never kept from writing."""
        with self.log.open("a") as log:
            log.writelines(self.process.stdout)

    def account(self, domain: str = "", password: str = PASSWORD) -> Account:
        """A new account that nobody else uses. A domain makes an address of its name."""
        name = f"client{next(self._numbers)}{domain}"
        request = urllib.request.Request(
            self.url.rstrip("/") + "/api/accounts",
            data=json.dumps({"name": name, "password": password}).encode(),
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": "application/json"},
            method="POST",
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.status in (200, 201)
        return Account(self.url, name, password)

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()


@pytest.fixture(scope="session")
def host() -> str:
    """The host that is tested: `native` or `cloudflare`."""
    return os.environ["KALENDS_HOST"]


@pytest.fixture(scope="session")
def server(host):
    """The server that all tests of a process share. Its data stays after them, for those who want to look."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    directory = Path(__file__).parents[2] / "target" / "tmp" / f"clients-{host}-{process}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    server = Server(host, directory)
    yield server
    server.stop()


@pytest.fixture
def account(server) -> Account:
    return server.account()


@pytest.fixture
def other(account) -> Other:
    return Other(account)
