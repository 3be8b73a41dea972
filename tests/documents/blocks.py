"""Blocks of text in README.md and docs/, and how each block of commands is tested.

The word after `sh` in the first line of a block says so:

- `run`: it is run against a server of the tests, once on each host (tests/clients/test_documents.py), in a home directory with the files that the blocks before it
  in the document have made; every command has to succeed. `run native` and `run cloudflare` are for that host alone.
- `tree`: it is run at the top of the source tree (tests/documents/test_commands.py). Servers that it starts have to answer, and to stop when they are told to.
- `account`: as `tree`; it needs an account with somebody, and goes as far as it can without one.

A block `ini file=PATH` (or another language) is a file, which is there for the blocks after it. `calendar.example.org` stands for the server, `anna` for an account,
`a long password` for its password, `4m7k2khcc3zd` for the identifier that was listed last.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^ *```$", re.M | re.S)
SHELLS = {"sh", "bash", "console", "shell", "zsh"}
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


def commands(document: Path) -> list[Block]:
    return [block for block in blocks(document) if block.language in SHELLS]


def marked(*marks: str) -> list[Path]:
    """The documents that have blocks of commands with one of these marks."""
    return [document for document in DOCUMENTS if any(block.mark in marks for block in commands(document))]
