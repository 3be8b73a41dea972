"""rclone, which copies and synchronises trees of files: told to it as on a command line, without a file of settings."""

import filecmp
import json
import os
import shutil
import subprocess

import pytest

# Names that clients are known to stumble over: what an address escapes, what XML escapes, and what has two forms in Unicode.
NAMES = [
    "plain.txt",
    "Größe & 100% #1 +plus?.txt",
    "%41%2F.txt",
    "日本語 😀.txt",
    "e\u0301.txt",
    "it's \"quoted\"; [b] {c} <d> ~ ^ ` = @ : , !.txt",
    "back\\slash.txt",
    "ends with a space ",
    "ends with a dot.",
    ".hidden",
]


class Rclone:
    """rclone with the files of an account as the remote `kalends:`."""

    def __init__(self, account, directory):
        self.directory = directory
        self.environment = {
            **os.environ,
            "HOME": str(directory),
            "LC_ALL": "C.UTF-8",
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_CONFIG_KALENDS_TYPE": "webdav",
            "RCLONE_CONFIG_KALENDS_VENDOR": "other",
            "RCLONE_CONFIG_KALENDS_URL": f"{account.url.rstrip('/')}/dav/files/{account.name}/",
            "RCLONE_CONFIG_KALENDS_USER": account.name,
            "RCLONE_CONFIG_KALENDS_PASS": self._obscured(account.password),
        }

    @staticmethod
    def _obscured(password: str) -> str:
        """The password as rclone's settings have it."""
        run = subprocess.run(["rclone", "obscure", "-"], input=password, capture_output=True, text=True, check=True)
        return run.stdout.strip()

    def run(self, *arguments: str, text: str = "") -> str:
        """What a command of rclone says; it may not fail, and not even be tried twice."""
        run = subprocess.run(
            ["rclone", "--retries", "1", "--low-level-retries", "1", *arguments],
            env=self.environment,
            cwd=self.directory,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def names(self, folder: str) -> set[str]:
        """What is in a folder of the remote, folders with a slash."""
        return set(self.run("lsf", f"kalends:{folder}").splitlines())


@pytest.fixture
def rclone(account, tmp_path) -> Rclone:
    return Rclone(account, tmp_path)


@pytest.fixture
def tree(tmp_path):
    """Files and folders to copy."""
    tree = tmp_path / "tree"
    (tree / "deep" / "er still").mkdir(parents=True)
    (tree / "empty").mkdir()
    for name in NAMES:
        (tree / name).write_text(name)
    for number in range(50):
        (tree / "deep" / f"{number}.txt").write_text(str(number))
    (tree / "deep" / "er still" / "nothing").touch()
    (tree / "large").write_bytes(os.urandom(5_000_000))
    return tree


def same(left, right) -> bool:
    """Whether two folders of this machine have the same in them."""
    compared = filecmp.dircmp(left, right, ignore=[], hide=[".", ".."])
    _, differ, failed = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
    lacking = compared.left_only + compared.right_only
    return not (lacking or differ or failed) and all(same(left / name, right / name) for name in compared.common_dirs)


def test_there_and_back(rclone, tree, tmp_path):
    rclone.run("copy", "--create-empty-src-dirs", "tree", "kalends:tree")
    rclone.run("check", "--download", "tree", "kalends:tree")
    assert rclone.names("tree") == {*NAMES, "large", "deep/", "empty/"}
    rclone.run("copy", "--create-empty-src-dirs", "kalends:tree", "back")
    assert same(tree, tmp_path / "back")


def test_a_tree_kept_in_step(rclone, tree, tmp_path):
    rclone.run("sync", "tree", "kalends:tree")
    (tree / "plain.txt").write_text("of another length than it was")
    (tree / "deep" / "1.txt").unlink()
    (tree / "deep" / "2.txt").rename(tree / "moved.txt")
    shutil.rmtree(tree / "deep" / "er still")
    rclone.run("sync", "tree", "kalends:tree")
    rclone.run("check", "--download", "tree", "kalends:tree")

    # A change of another client, taken back by a `sync` in the other direction.
    rclone.run("rcat", "kalends:tree/new.txt", text="of elsewhere")
    rclone.run("deletefile", "kalends:tree/moved.txt")
    rclone.run("sync", "kalends:tree", "tree")
    assert (tree / "new.txt").read_text() == "of elsewhere"
    assert not (tree / "moved.txt").exists()


def test_moved_copied_and_removed_on_the_server(rclone, tree):
    rclone.run("copy", "tree", "kalends:tree")
    rclone.run("copyto", "kalends:tree/large", "kalends:tree/too large & <more>")
    rclone.run("check", "--download", "--include", "/large", "tree", "kalends:tree", "--one-way")
    rclone.run("moveto", "kalends:tree/plain.txt", "kalends:tree/deep/Größe 2.txt")
    assert rclone.run("cat", "kalends:tree/deep/Größe 2.txt") == "plain.txt"
    assert rclone.run("cat", "--offset", "2", "--count", "3", "kalends:tree/deep/Größe 2.txt") == "ain"

    rclone.run("moveto", "kalends:tree/deep", "kalends:elsewhere/and deeper")
    assert "Größe 2.txt" in rclone.names("elsewhere/and deeper")
    assert "deep/" not in rclone.names("tree")

    told = json.loads(rclone.run("size", "--json", "kalends:tree"))
    assert told["count"] == len(NAMES) - 1 + 2
    rclone.run("delete", "--include", "*.txt", "kalends:elsewhere")
    assert rclone.names("elsewhere/and deeper") == {"er still/"}
    rclone.run("purge", "kalends:elsewhere")
    assert "elsewhere/" not in rclone.names("")
