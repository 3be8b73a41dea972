"""The commands in README.md and docs/ that build, serve and deploy do what is written there."""

import shutil

import pytest
from before import BEFORE
from blocks import ROOT, blocks, marked
from desk import Desk


# Those that take longest: they begin first, so that no core is left alone with one of them.
LONG = ["cloudflare", "performance"]
TYPED = sorted(marked("tree", "account"), key=lambda document: document.stem not in LONG)


@pytest.fixture
def desk(document):
    # In the source tree, so that Cargo finds it. It stays after the test, for those who want to look.
    place = ROOT / "target/tmp/documents" / document.stem
    shutil.rmtree(place, ignore_errors=True)
    desk = Desk(place)
    yield desk
    desk.clear()


@pytest.mark.parametrize("document", TYPED, ids=lambda document: document.stem)
def test_commands_of_a_document_succeed(document, desk):
    BEFORE.get(document.stem, lambda _: None)(desk)
    for block in blocks(document):
        if block.file:
            desk.write(block)
        elif block.language == "sql":
            desk.run(f"psql --set ON_ERROR_STOP=1 postgres <<'END'\n{block.text}\nEND", block)
        elif block.mark in ("tree", "account"):
            desk.run(block.text, block)
