"""The commands in README.md and docs/ that a server of the tests is enough for do what is written there. tests/documents has the others, and says what stands for what.

`/var/lib` and `/backup` are directories of the home directory, and `kalends` has its data where the documents say.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "documents"))
from blocks import ROOT, Block, blocks, marked  # noqa: E402

EXAMPLE = "4m7k2khcc3zd"
IDENTIFIER = re.compile(r"^[0-9a-z]{12}(?= )", re.M)


def native_binary() -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    return target / "release" / "kalends"


@pytest.fixture
def shell(server, tmp_path):
    """What runs a document's blocks: a home directory with the programs of the tests, and an account."""
    account = server.account()
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, module in (("vdirsyncer", "vdirsyncer"), ("khal", "khal"), ("todo", "todoman")):
        script = programs / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        script.chmod(0o755)
    (programs / "python3").symlink_to(sys.executable)
    if native_binary().is_file():
        # It takes a password to the end of its input: each command has one of its own.
        (programs / "kalends").write_text(f'#!/bin/sh\nyes | "{native_binary()}" "$@"\n')
        (programs / "kalends").chmod(0o755)
    return Shell(account, tmp_path, programs)


class Shell:
    def __init__(self, account, home: Path, programs: Path):
        self.account = account
        self.home = home
        self.listed = EXAMPLE
        for directory in ("var/lib", "backup"):
            (home / directory).mkdir(parents=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("KALENDS_", "XDG_"))},
            "HOME": str(home),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "PYTHONUTF8": "1",
            "KALENDS_DATA": str(home / "var/lib/kalends"),
            "KALENDS_COMPONENT": str(native_binary().parents[1] / "kalends" / "local.wasm"),
        }

    def localised(self, text: str) -> str:
        text = text.replace("https://calendar.example.org", self.account.url.rstrip("/"))
        text = text.replace("a long password", self.account.password).replace(EXAMPLE, self.listed)
        text = re.sub(r"(?<=\s)/(?=var/lib/|backup/)", f"{self.home}/", text)
        return re.sub(r"\banna\b", self.account.name, text)

    def write(self, block: Block):
        path = self.home / block.file.removeprefix("~/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.localised(block.text))
        path.chmod(0o600)

    def run(self, block: Block):
        run = subprocess.run(
            [shutil.which("bash"), "-euo", "pipefail", "-c", self.localised(block.text)],
            env=self.environment,
            cwd=self.home,
            input="y\n" * 10,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert run.returncode == 0, f"{block}:\n{block.text}\n{run.stdout}\n{run.stderr}"
        self.listed = next(reversed(IDENTIFIER.findall(run.stdout)), self.listed)


@pytest.mark.parametrize("document", marked("run"), ids=lambda document: document.stem)
def test_commands_of_a_document_succeed(document, shell, host):
    ran = 0
    for block in blocks(document):
        if block.file:
            shell.write(block)
        elif block.language == "sh" and block.mark == "run" and block.words[2:] in ([], [host]):
            shell.run(block)
            ran += 1
    assert ran or all(len(block.words) > 2 for block in blocks(document) if block.mark == "run")
