"""The true Cargo, but for some tasks of `cargo xtask`: `serve` goes on beside the commands that follow; `test`, in which this runs, only lists its suites; `bench`
measures Kalends alone, in the smallest calendars, and with the other arguments as they are written; `bench libraries`, which compiles for a quarter of an hour, is
asked for its help."""

import os
import subprocess
import sys

from serving import serve, true_environment

QUICKLY = {"--events": "20", "--cards": "5", "--requests": "2", "--rounds": "1", "--minutes": "1"}
# What of it runs without other people's servers.
OURS = {"kalends", "workerd", "workerd-fresh"}


def quickly(arguments: list[str]) -> list[str]:
    """The benchmark's arguments, with its sizes taken back."""
    given = list(arguments)
    if given[:1] == ["worker"]:
        return ["worker", "--events", "20", "--requests", "2"]
    kept = []
    peers = "kalends"
    while given:
        word = given.pop(0)
        if word in QUICKLY:
            given.pop(0)
        elif word == "--peers":
            peers = ",".join(name for name in given.pop(0).split(",") if name in OURS)
        elif word in ("--write", "--show"):
            # The benchmark runs at the top of the true tree.
            kept += [word, os.path.abspath(given.pop(0))]
        else:
            kept.append(word)
    sizes = [word for pair in QUICKLY.items() for word in pair]
    return ["--quick", *(word for word in kept if word != "--quick"), *sizes, "--peers", peers]


def main(arguments: list[str]):
    match arguments:
        case ["xtask", "serve", *rest]:
            port = [] if "--port" in rest else ["--port", os.environ["DESK_PORT"]]
            serve(["cargo", "xtask", "serve", *rest, *port])
            return
        case ["xtask", "test", *_]:
            arguments = ["xtask", "test", "--list"]
        case ["xtask", "bench", "libraries", *_]:
            arguments = ["xtask", "bench", "libraries", "--help"]
        case ["xtask", "bench", *rest]:
            arguments = ["xtask", "bench", *quickly(rest)]
    run = subprocess.run(["cargo", *arguments], env=true_environment())
    sys.exit(run.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
