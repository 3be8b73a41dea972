"""The true `kalends`, with the component beside it; every password that it asks for is `y`. `serve` goes on beside the commands that follow."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from serving import serve, true_environment


def installed() -> str:
    """The binary with its component beside it: as a document has installed it, or else as the tree has it."""
    documented = Path(os.environ["HOME"]) / "usr/local/bin/kalends.wasm"
    if documented.exists():
        return str(documented.with_suffix(""))
    return os.environ["DESK_KALENDS"]


def lend(arguments: list[str]):
    """Puts machine code that was compiled before into a directory of data that is new, as `cargo xtask serve` does: compiling takes seconds of all cores."""
    named = arguments[arguments.index("--data") + 1] if "--data" in arguments else os.environ.get("KALENDS_DATA", "data")
    cache = Path(named) / "cache"
    if not cache.exists():
        cache.mkdir(parents=True, mode=0o700)
        for file in Path(os.environ["DESK_KALENDS"]).parents[1].glob("kalends/machine-code/*/cache/*"):
            shutil.copy(file, cache)


def main(arguments: list[str]):
    if arguments[:1] in (["serve"], ["user"]) and "--help" not in arguments and "KALENDS_SERVER" not in os.environ:
        lend(arguments)
    if arguments[:1] == ["serve"] and "--help" not in arguments:
        serve([installed(), *arguments])
        return
    run = subprocess.run([installed(), *arguments], env=true_environment(), input=b"y\n" * 8)
    sys.exit(run.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
