"""npm's tsdav: discovery, objects made, changed and removed, multiget, queries, and its smart synchronisation. What it does is in tsdav.mjs."""

import subprocess
from pathlib import Path


def test_tsdav(account):
    directory = Path(__file__).parent
    command = ["node", "tsdav.mjs", account.url, account.name, account.password]
    run = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
