"""Where a document's commands are typed: a copy of the top of the source tree, and a home.

What stands for something else there:

- Ports and directories of the machine are others, and `/var/lib`, `/srv`, `/backup` and `/usr/local` are directories of the home.
- `cargo`, `kalends`, `spin`, `wrangler` and `kubectl` are the programs under programs/, each of which says how far it goes with the true one.
- `https://kalends.NAME.workers.dev` is the Worker as `wrangler dev` runs it, once it is deployed and has its secrets.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from blocks import ROOT, Block

PROGRAMS = Path(__file__).parent / "programs"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
KALENDS = str(TARGET / "release" / "kalends")
# Those that documents name, and the one of the deployed Worker.
PORTS = [8080, 9000, 3000, 8787]
EXAMPLE = "4m7k2khcc3zd"
IDENTIFIER = re.compile(r"^[0-9a-z]{12}(?= )", re.M)
# Seconds that servers may take to stop.
PATIENCE = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Desk:
    def __init__(self, place: Path):
        self.home = place / "home"
        self.tree = place / "home" / "kalends"
        self.servers = place / "servers"
        self.ports = {port: free_port() for port in PORTS}
        self.listed = EXAMPLE
        # More that stands for something else, of one document.
        self.replacements: dict[str, str] = {}
        for directory in (self.tree, self.servers, self.home / "var/lib", self.home / "srv", self.home / "backup", self.home / "usr/local/bin"):
            directory.mkdir(parents=True)
        self.lay_out()
        self.environment = self.made_environment()
        self.tether = self.servers / "tether"
        os.mkfifo(self.tether)
        # As long as this is open, servers run (programs/serving.py).
        self.end_of_tether = os.open(self.tether, os.O_RDWR)

    def lay_out(self):
        """What commands find at the top of the tree. What they may write is copied."""
        for name in ("wrangler.toml", "spin.toml", "fermyon.toml", "README.md"):
            shutil.copy(ROOT / name, self.tree)
        shutil.copytree(ROOT / "docs", self.tree / "docs")
        (self.tree / "migrations").symlink_to(ROOT / "migrations")
        (self.tree / "target/release").mkdir(parents=True)
        (self.tree / "target/kalends").symlink_to(TARGET / "kalends")
        cloudflare = self.tree / "hosts/cloudflare"
        (cloudflare / "node_modules/.bin").mkdir(parents=True)
        (cloudflare / "dist").symlink_to(ROOT / "hosts/cloudflare/dist")
        self.stand_in("wrangler", cloudflare / "node_modules/.bin")
        self.stand_in("kalends", self.tree / "target/release")
        for program in ("cargo", "kalends", "kubectl", "spin"):
            self.stand_in(program, self.home / "bin")

    def stand_in(self, program: str, directory: Path):
        directory.mkdir(exist_ok=True)
        script = directory / program
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROGRAMS / program}.py" "$@"\n')
        script.chmod(0o755)

    def made_environment(self) -> dict[str, str]:
        # What `cargo xtask` was told of its own package would have Cargo build things anew.
        told = ("KALENDS_", "XDG_", "CARGO_PKG_", "CARGO_MANIFEST_", "SPIN_", "CLOUDFLARE_")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(told)}
        # Cargo and rustup keep what is theirs in the true home.
        true_home = Path.home()
        return {
            "CARGO_HOME": str(true_home / ".cargo"),
            "RUSTUP_HOME": str(true_home / ".rustup"),
            **inherited,
            "CARGO_TARGET_DIR": str(TARGET),
            "CARGO": "cargo",
            "HOME": str(self.home),
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(PROGRAMS),
            "DESK_PATH": os.environ["PATH"],
            "DESK_ROOT": str(ROOT),
            "DESK_TREE": str(self.tree),
            "DESK_SERVERS": str(self.servers),
            "DESK_KALENDS": KALENDS,
            "DESK_PORT": str(self.ports[8080]),
            "DESK_SPIN_PORT": str(self.ports[3000]),
            "DESK_WORKER_PORT": str(self.ports[8787]),
        }

    def localised(self, text: str) -> str:
        for port in (8080, 9000, 3000):
            text = re.sub(rf"(?<=127\.0\.0\.1:){port}\b|(?<=--port ){port}\b", str(self.ports[port]), text)
        for one, other in self.replacements.items():
            text = text.replace(one, other)
        text = text.replace("https://kalends.NAME.workers.dev", f"http://127.0.0.1:{self.ports[8787]}")
        text = re.sub(r"(?<=[\s=])/(?=var/lib/|srv/|backup/|usr/local/)", f"{self.home}/", text)
        return text.replace(EXAMPLE, self.listed)

    def write(self, block: Block):
        path = self.home / block.file.removeprefix("~/") if block.file.startswith("~/") else self.tree / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.localised(block.text))

    def run(self, text: str, what: object = ""):
        """Runs commands as a shell would in which those before were typed too: what they exported is there."""
        exported = self.servers / "environment"
        before = f". {exported}\n" if exported.is_file() else ""
        began = time.monotonic()
        run = subprocess.run(
            [shutil.which("bash"), "-euo", "pipefail", "-c", f"{before}{self.localised(text)}\nexport -p > {exported}"],
            env=self.environment,
            cwd=self.tree,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
        print(f"{what}: {time.monotonic() - began:.1f} s")
        assert run.returncode == 0, f"{what}:\n{text}\n{run.stdout}\n{run.stderr}"
        self.listed = next(reversed(IDENTIFIER.findall(run.stdout)), self.listed)
        return run.stdout

    def started(self) -> int:
        """How many servers were started here."""
        return len(list(self.servers.glob("*.log")))

    def clear(self):
        """Stops all servers as Ctrl-C does. Each has to have been there until now, and to stop."""
        gone = [end for path in self.servers.glob("*.ended") if (end := path.read_text()) != "stopped"]
        os.close(self.end_of_tether)
        assert not gone, f"a server ended by itself: {gone}"
        deadline = time.monotonic() + PATIENCE
        while len(list(self.servers.glob("*.ended"))) < self.started() and time.monotonic() < deadline:
            time.sleep(0.1)
        ends = {path.stem: path.read_text() for path in self.servers.glob("*.ended")}
        assert len(ends) == self.started() and set(ends.values()) <= {"stopped"}, f"servers did not stop well: {ends}"
