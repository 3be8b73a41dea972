"""The commands in README.md and docs/ do what is written there.

The word after `sh` in the first line of a block says how it is tested:

- `run`: it is run, in a shell of its own with the files that the blocks before it in the document have made; every command has to succeed. `run native` and
  `run cloudflare` are for that host alone.
- `tree`: it builds, serves or deploys, in the source tree or on somebody's machine; its syntax is checked, and that the `cargo xtask` and `kalends` commands in
  it are ones that these programs know.
- `account`: as `tree`; it needs an account with somebody.

A block `ini file=PATH` (or another language) is a file in the home directory. `calendar.example.org` stands for the server, `anna` for an account, and
`a long password` for its password; `4m7k2khcc3zd` for the identifier that was listed last. `/var/lib` and `/backup` are directories of the home directory, and
`kalends` has its data where the documents say.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^ *```$", re.M | re.S)
PROGRAMS = r"(?:cargo|curl|kalends|khal|spin|todo|vdirsyncer|wrangler)"
SHELLS = {"sh", "bash", "console", "shell", "zsh"}
EXAMPLE = "4m7k2khcc3zd"
IDENTIFIER = re.compile(r"^[0-9a-z]{12}(?= )", re.M)
MARKS = {"run", "tree", "account"}


@dataclass
class Block:
    document: Path
    line: int
    words: list[str]
    text: str

    @property
    def language(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def mark(self) -> str:
        return self.words[1] if len(self.words) > 1 else ""

    @property
    def file(self) -> str:
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), "")

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def blocks(document: Path) -> list[Block]:
    text = document.read_text()
    found = FENCE.finditer(text)
    return [Block(document, text[: one.start()].count("\n") + 1, one[2].split(), dedent(one[3])) for one in found]


COMMANDS = [block for document in DOCUMENTS for block in blocks(document) if block.language in SHELLS]
TO_RUN = [document for document in DOCUMENTS if any(block.mark == "run" for block in blocks(document))]


@pytest.mark.parametrize("block", COMMANDS, ids=str)
def test_every_block_of_commands_says_how_it_is_tested(block):
    assert block.language == "sh" and block.mark in MARKS, f"{block}: write ```sh run, ```sh tree or ```sh account"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)
def test_no_commands_hide_outside_of_such_blocks(document):
    unmarked = [block for block in blocks(document) if not block.language]
    hidden = [str(block) for block in unmarked if re.search(rf"^\s*(?:\$ )?{PROGRAMS} ", block.text, re.M)]
    outside = FENCE.sub("", document.read_text())
    hidden += re.findall(rf"^ {{4,}}{PROGRAMS} .*", outside, re.M)
    assert not hidden


@pytest.mark.parametrize("block", COMMANDS, ids=str)
def test_commands_are_well_formed_and_known(block, host):
    checked = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True)
    assert checked.returncode == 0, f"{block}: {checked.stderr}"
    for command in re.findall(r"\bcargo xtask [^\n|;&#]*", block.text):
        known(shlex.split(command)[2:], [os.environ["KALENDS_XTASK"]], block)
    # The binary is there where its tests are run.
    native = re.findall(r"(?:^|/)kalends (?:serve|user|share|link) ?[^\n|;&#]*", block.text, re.M) if host == "native" else []
    for command in native:
        known(shlex.split(command)[1:], [str(native_binary())], block)


def known(words: list[str], program: list[str], block: Block):
    """Asks a program for the help of a subcommand, and finds the flags that are written there."""
    subcommands = []
    for word in words:
        if not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        subcommands.append(word)
    # `build local` is a subcommand and an argument; `--help` after an argument is the subcommand's.
    help = subprocess.run([*program, *subcommands, "--help"], capture_output=True, text=True)
    assert help.returncode == 0, f"{block}: {' '.join(words)}: {help.stderr}"
    # What `bench` is given is for another program.
    before_rest = [] if subcommands == ["bench"] else words[: words.index("--")] if "--" in words else words
    for flag in (word.split("=")[0] for word in before_rest if word.startswith("--")):
        assert re.search(rf"{flag}\b", help.stdout), f"{block}: {' '.join(words)}: there is no {flag}"


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


@pytest.mark.parametrize("document", TO_RUN, ids=lambda document: document.stem)
def test_commands_of_a_document_succeed(document, shell, host):
    ran = 0
    for block in blocks(document):
        if block.file:
            shell.write(block)
        elif block.language == "sh" and block.mark == "run" and block.words[2:] in ([], [host]):
            shell.run(block)
            ran += 1
    assert ran or all(len(block.words) > 2 for block in blocks(document) if block.mark == "run")
