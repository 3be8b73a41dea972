"""cadaver, a WebDAV client for the command line: files, folders, locks and properties, told to it as by somebody who types."""

import os
import subprocess

import pytest

# cadaver takes credentials from .netrc, which knows neither spaces nor anything but ASCII.
PASSWORD = "netrc-has-no-spaces"


class Cadaver:
    """cadaver in a directory, on the files of an account."""

    def __init__(self, account, directory):
        host = account.url.split("//")[1].split(":")[0].strip("/")
        netrc = directory / ".netrc"
        netrc.write_text(f"machine {host}\nlogin {account.name}\npassword {account.password}\n")
        netrc.chmod(0o600)
        self.directory = directory
        self.url = f"{account.url.rstrip('/')}/dav/files/{account.name}/"

    def type(self, *commands: str) -> str:
        """What cadaver says of these commands."""
        run = subprocess.run(
            ["cadaver", self.url],
            env={**os.environ, "HOME": str(self.directory), "LC_ALL": "C.UTF-8"},
            cwd=self.directory,
            input="\n".join([*commands, "quit", ""]),
            capture_output=True,
            text=True,
            timeout=120,
        )
        told = run.stdout + run.stderr
        assert run.returncode == 0, told
        return told

    def succeed(self, *commands: str) -> str:
        """The same for commands of which none may fail."""
        told = self.type(*commands)
        assert "failed" not in told and "Could not" not in told, told
        return told


@pytest.fixture
def cadaver(server, tmp_path) -> Cadaver:
    return Cadaver(server.account(password=PASSWORD), tmp_path)


def test_files_and_folders(cadaver):
    content = os.urandom(100_000)
    (cadaver.directory / "holiday.jpg").write_bytes(content)
    cadaver.succeed("mkcol letters", "cd letters", "put holiday.jpg", "copy holiday.jpg again.jpg", "move holiday.jpg moved.jpg")
    listing = cadaver.type("ls letters")
    assert "again.jpg" in listing and "moved.jpg" in listing and "holiday.jpg" not in listing
    assert "100000" in listing

    cadaver.succeed("cd letters", "get moved.jpg here.jpg", "get again.jpg too.jpg")
    assert (cadaver.directory / "here.jpg").read_bytes() == content
    assert (cadaver.directory / "too.jpg").read_bytes() == content

    cadaver.succeed("delete letters/moved.jpg", "rmcol letters")
    assert "letters" not in cadaver.type("ls").replace("letters'", "")
    assert "404" in cadaver.type("get letters/again.jpg nothing.jpg")


def test_locks(cadaver):
    (cadaver.directory / "minutes.txt").write_text("first")
    cadaver.succeed("put minutes.txt", "lock minutes.txt", "put minutes.txt", "unlock minutes.txt")
    # A lock outlives the session that took it, whose token is gone.
    cadaver.succeed("lock minutes.txt")
    assert "423" in cadaver.type("put minutes.txt")
    assert "423" in cadaver.type("delete minutes.txt")
    assert "minutes.txt" in cadaver.type("ls")


def test_properties(cadaver):
    (cadaver.directory / "song.ogg").write_text("la")
    cadaver.succeed("put song.ogg", "set namespace http://example.org/", "propset song.ogg singer Ella")
    assert "Ella" in cadaver.type("set namespace http://example.org/", "propget song.ogg singer")
    cadaver.succeed("set namespace http://example.org/", "propdel song.ogg singer")
    assert "Ella" not in cadaver.type("set namespace http://example.org/", "propget song.ogg singer")
