"""litmus, WebDAV's own suite, as Debian packages it: RFC 4918 classes 1 and 2, on plain files."""

import os
import re
import subprocess

import pytest

SUMMARY = re.compile(r"summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed")


@pytest.mark.parametrize("suite", ["basic", "copymove", "props", "locks", "http"])
def test_litmus(suite, account, tmp_path):
    url = f"{account.url.rstrip('/')}/dav/files/{account.name}/"
    run = subprocess.run(
        ["litmus", "--keep-going", url, account.name, account.password],
        env={**os.environ, "TESTS": suite},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
    )
    told = run.stdout + run.stderr
    summary = SUMMARY.search(told)
    assert summary, told
    name, count, passed, failed = summary.groups()
    assert (name, failed) == (suite, "0") and passed == count, told
