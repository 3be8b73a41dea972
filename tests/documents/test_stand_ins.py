"""What stands in for programs that need an account refuses what they would refuse."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from blocks import ROOT

PROGRAMS = Path(__file__).parent / "programs"
REFERENCE = "registry.example/kalends:0.1.0"
URL = ["--variable", "postgres_url=postgres://db:5432/kalends"]
APP = """
apiVersion: core.spinkube.dev/v1alpha1
kind: SpinApp
metadata: {name: kalends}
spec:
  image: registry.example/kalends:0.1.0
  executor: containerd-shim-spin
  replicas: 3
  variables: [{name: postgres_url, value: a}, {name: postgres_host, valueFrom: {secretKeyRef: {name: kalends, key: host}}}]
"""


@pytest.fixture
def run(tmp_path):
    shutil.copy(ROOT / "fermyon.toml", tmp_path)
    (tmp_path / "secret-kalends").write_text("host\nanother")
    (tmp_path / "kalends.yaml").write_text(APP)
    environment = os.environ | {"DESK_SERVERS": str(tmp_path), "DESK_PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}

    def run(program: str, *words: str):
        return subprocess.run([sys.executable, PROGRAMS / f"{program}.py", *words], cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert run("spin", "registry", "push", "--from", "fermyon.toml", REFERENCE).returncode == 0
    return run


@pytest.mark.parametrize(
    "words, fault",
    [
        (["up", "--bulid"], "up has no --bulid"),
        (["cloud", "deploy"], "there is no cloud"),
        (["registry", "push", "--from", "fermyon.toml", "Kalends"], "is no reference"),
        (["aka", "deploy", "--from", "fermyon.toml", *URL], "postgres_host has no value"),
        (["aka", "deploy", "--from", "fermyon.toml", *URL, "--variable", "postgres_hots=db"], "does not declare"),
    ],
)
def test_spin_refuses_commands(run, words, fault):
    refused = run("spin", *words)
    assert refused.returncode != 0 and fault in refused.stderr


@pytest.mark.parametrize("of, other", [("source =", "sources ="), ('route = "/..."', 'route = "..."'), ("{{ argon2 }}", "{{ argon3 }}"), ("required = true, ", "")])
def test_spin_refuses_manifests(run, tmp_path, of, other):
    manifest = tmp_path / "fermyon.toml"
    manifest.write_text(manifest.read_text().replace(of, other, 1))
    assert run("spin", "registry", "push", "--from", "fermyon.toml", REFERENCE).returncode != 0


@pytest.mark.parametrize("of, other", [("", ""), ("replicas", "replica"), ("0.1.0", "0.2.0"), ("key: host", "key: hots"), ("postgres_host", "postgres_hots"), ("SpinApp", "Spin")])
def test_kubectl_refuses_what_is_no_application_of_ours(run, tmp_path, of, other):
    app = tmp_path / "kalends.yaml"
    app.write_text(app.read_text().replace(of, other, 1))
    applied = run("kubectl", "apply", "-f", "kalends.yaml")
    assert (applied.returncode == 0) == (of == ""), applied.stderr
