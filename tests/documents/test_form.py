"""Commands in README.md and docs/ are where a test finds them, and those between other words are ones that the programs know."""

import os
import re
import shlex
import subprocess

import pytest
from blocks import DOCUMENTS, FENCE, MARKS, blocks, commands
from desk import KALENDS
from programs.wrangler import real as wrangler

PROGRAMS = r"(?:cargo|curl|kalends|khal|kubectl|pg_dump|pg_restore|psql|rclone|spin|sqlite3|todo|vdirsyncer|wrangler)"
COMMANDS = [block for document in DOCUMENTS for block in commands(document)]
INLINE = [
    pytest.param(words, id=f"{document.stem}: {words}")
    for document in DOCUMENTS
    for words in sorted(set(re.findall(r"(?<!`)`((?:cargo xtask|kalends|wrangler) [a-z][^`]*)`", FENCE.sub("", document.read_text()))))
]


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


@pytest.mark.parametrize("command", INLINE)
def test_commands_within_sentences_are_known(command):
    words = shlex.split(command)
    programs = {"cargo": [os.environ["KALENDS_XTASK"]], "kalends": [KALENDS], "wrangler": wrangler()}
    known(words[2:] if words[0] == "cargo" else words[1:], programs[words[0]])


def known(words: list[str], program: list[str]):
    """Asks a program for the help of a subcommand, and finds the flags that are written there."""
    subcommands = []
    for word in words:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", word):
            break
        subcommands.append(word)
    if subcommands[:1] == ["bench"]:
        # What it is given is for other programs, which would have to be built to be asked.
        subcommands, words = ["bench"], []
    # `build local` is a subcommand and an argument; `--help` after an argument is the subcommand's.
    help = subprocess.run([*program, *subcommands, "--help"], capture_output=True, text=True)
    assert help.returncode == 0, f"{' '.join(words)}: {help.stderr}"
    if "wrangler" in program[-1]:
        # It answers what it does not know with the help of what is above that, which lists commands.
        told = re.search(r"^wrangler ([a-z0-9 -]+?)(?: [<\[]|$)", help.stdout, re.M)
        assert told and words[: len(told[1].split())] == told[1].split() and "\nCOMMANDS" not in help.stdout, f"{' '.join(words)}: {help.stdout[:200]}"
    for flag in (word.split("=")[0] for word in words if word.startswith("--")):
        assert re.search(rf"{flag}\b", help.stdout), f"{' '.join(words)}: there is no {flag}"
