"""Servers that commands start. They run beside the commands that follow, until the test closes the tether, and stop then as by Ctrl-C.

`serve` is what stand-ins call; run as a program, this is the keeper of one server.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

# Seconds that a server may take to answer; what it runs may have to be built before.
PATIENCE = 300
# Seconds that it may take to stop.
STOPPING = 20
# What a shell calls the end by Ctrl-C.
INTERRUPTED = 130
LISTENING = re.compile(r"(?:listening on|Ready on) (http://\S+?)/?\s")


def true_environment() -> dict[str, str]:
    """Our environment with the true programs first on the path."""
    return {**os.environ, "PATH": os.environ["DESK_PATH"]}


def serve(command: list[str], more: dict[str, str] | None = None, place: str = ""):
    """Starts a server, and returns when it answers. What it has written by then is passed on. One that is called as this one was before ends."""
    stop(place)
    servers = Path(os.environ["DESK_SERVERS"])
    log = servers / f"{len(list(servers.glob('*.log')))}.log"
    log.touch()
    keeper = subprocess.Popen(
        [sys.executable, __file__, log, *command],
        env={**true_environment(), **(more or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if place:
        (servers / f"{place}.keeper").write_text(f"{keeper.pid}\n{log}")
    deadline = time.monotonic() + PATIENCE
    while not (found := LISTENING.search(log.read_text())):
        if keeper.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"{' '.join(command)}: the server does not listen:\n{log.read_text()}")
        time.sleep(0.1)
    ask(found[1])
    print(log.read_text(), end="")


def ask(url: str):
    """It answers, and says that it is a server of calendars."""
    request = urllib.request.Request(f"{url}/dav/", method="OPTIONS")
    with urllib.request.urlopen(request, timeout=60) as answer:
        if "calendar-access" not in answer.headers.get("DAV", ""):
            sys.exit(f"{url} answers {answer.status} without calendar-access")


def stop(place: str):
    """Stops the server that is called so, where there is one: another takes its place."""
    keeper = Path(os.environ["DESK_SERVERS"]) / f"{place}.keeper"
    if keeper.exists():
        pid, log = keeper.read_text().split("\n")
        os.kill(int(pid), signal.SIGTERM)
        while not Path(log).with_suffix(".ended").exists():
            time.sleep(0.1)


def keep(log: Path, command: list[str]):
    """Runs a server until the tether is closed or this process is told to stop, and notes how it ended."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    threading.Thread(target=wait_for_end_of_tether, args=(told,), daemon=True).start()
    with log.open("ab") as output:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    while server.poll() is None and not told.wait(0.1):
        pass
    log.with_suffix(".ended").write_text(end(server) if told.is_set() else f"{' '.join(command)}: {log.read_text()[-2000:]}")


def wait_for_end_of_tether(told: threading.Event):
    with open(os.environ["DESK_SERVERS"] + "/tether") as tether:
        tether.read()
    told.set()


def end(server: subprocess.Popen) -> str:
    """Stops a server as Ctrl-C does, and says how that went."""
    os.killpg(server.pid, signal.SIGINT)
    try:
        code = server.wait(STOPPING)
        return "stopped" if code in (0, INTERRUPTED) else f"stopped with {code}"
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        return f"did not stop within {STOPPING} s"


if __name__ == "__main__":
    keep(Path(sys.argv[1]), sys.argv[2:])
