"""Spin, which no registry has that the tests install from. This stands in for it: it knows the flags of Spin's reference (https://spinframework.dev/cli-reference)
and of the plugin `aka` (https://techdocs.akamai.com/akamai-functions), reads the manifest as Spin does, and has the native host, which gives a component the same
imports, run what Spin would run."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from kalends import installed, lend
from serving import serve, true_environment

# Flags, and whether a value follows.
FLAGS = {
    "up": {
        "--build": False, "--direct-mounts": False, "--allow-transient-write": False, "--quiet": False, "--from": True, "--listen": True,
        "--variable": True, "--runtime-config-file": True, "--state-dir": True, "--env": True,
    },
    "registry push": {"--from": True, "--build": False, "--insecure": False},
    "aka login": {"--token": True},
    "aka deploy": {"--from": True, "--variable": True, "--build": False, "--no-confirm": False, "--account-id": True, "--create-name": True},
}

# What a manifest of version 2 may have (https://spinframework.dev/manifest-reference).
MANIFEST = {"spin_manifest_version", "application", "variables", "trigger", "component"}
APPLICATION = {"name", "version", "description", "authors", "trigger", "tool"}
VARIABLE = {"required", "default", "secret"}
TRIGGER = {"id", "route", "component", "executor"}
COMPONENT = {
    "description", "source", "files", "exclude_files", "allowed_outbound_hosts", "key_value_stores", "sqlite_databases", "ai_models", "environment", "build",
    "variables", "dependencies", "targets", "tool",
}
BUILD = {"command", "workdir", "watch"}
TEMPLATE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")


def need(holds: object, fault: str):
    if not holds:
        sys.exit(f"spin: {fault}")


def parsed(arguments: list[str]) -> tuple[str, dict[str, list[str]], list[str]]:
    """The subcommand, its flags, and what is none."""
    length = 2 if arguments[0] in ("registry", "aka") else 1
    subcommand, rest = " ".join(arguments[:length]), arguments[length:]
    need(subcommand in FLAGS, f"there is no {subcommand}")
    flags, others = {}, []
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            others.append(word)
            continue
        need(word in FLAGS[subcommand], f"{subcommand} has no {word}")
        takes_value = FLAGS[subcommand][word]
        need(rest or not takes_value, f"{word} takes a value")
        flags.setdefault(word, []).append(rest.pop(0) if takes_value else "")
    return subcommand, flags, others


def manifest(path: Path) -> dict:
    """A manifest in which nothing is that Spin does not know, and nothing missing that it asks for."""
    read = tomllib.loads(path.read_text())
    need(read["spin_manifest_version"] == 2 and set(read) <= MANIFEST, f"{path} is no manifest of version 2")
    need(set(read["application"]) <= APPLICATION and read["application"]["name"], "[application]")
    for name, variable in read["variables"].items():
        need(re.fullmatch(r"[a-z][a-z0-9_]*", name) and set(variable) <= VARIABLE, f"variable {name}")
        need(variable.get("required", False) != ("default" in variable), f"variable {name} is required, or has a default")
    for trigger in read["trigger"]["http"]:
        need(set(trigger) <= TRIGGER and trigger["route"].startswith("/") and trigger["component"] in read["component"], f"trigger {trigger}")
    for name, component in read["component"].items():
        need(set(component) <= COMPONENT and set(component.get("build", {})) <= BUILD, f"component {name}")
        texts = [*component.get("variables", {}).values(), *component.get("allowed_outbound_hosts", [])]
        used = {variable for text in texts for variable in TEMPLATE.findall(text)}
        need(used <= set(read["variables"]), f"component {name} uses variables that there are not")
        mounts = [mount for mount in component.get("files", []) if isinstance(mount, dict)]
        need(all(set(mount) == {"source", "destination"} for mount in mounts), f"files of component {name}")
    return read


def values(read: dict, flags: dict[str, list[str]]) -> dict[str, str]:
    """The variables' values: from the command line, the environment, the manifest."""
    given = dict(word.split("=", 1) for word in flags.get("--variable", []))
    need(set(given) <= set(read["variables"]), f"the manifest does not declare all of {sorted(given)}")
    found = {}
    for name, variable in read["variables"].items():
        value = given.get(name, os.environ.get(f"SPIN_VARIABLE_{name.upper()}", variable.get("default")))
        need(value is not None, f"{name} has no value")
        found[name] = value
    return found


def run(read: dict, found: dict[str, str], directory: Path):
    """Has the native host run the component, with the settings that the manifest gives it, on a data directory that has Spin's names."""
    [component] = read["component"].values()
    source = directory / component["source"]
    need(source.is_file(), f"{source} is not there")
    settings = {name: TEMPLATE.sub(lambda one: found[one[1]], text) for name, text in component["variables"].items()}
    if url := settings.pop("postgres_url", ""):
        [allowed] = [TEMPLATE.sub(lambda one: found[one[1]], text) for text in component["allowed_outbound_hosts"]]
        need(allowed.removeprefix("postgres://") in url, f"{allowed} is all that the component may reach")
        settings["postgres"] = url
    data = directory / ".spin" / "host"
    data.mkdir(parents=True, exist_ok=True)
    lend(["--data", str(data)])
    for mount in component.get("files", []):
        need((directory / mount["source"]).is_dir(), f"{mount['source']} has to be there")
        link(data / "files", directory / mount["source"])
    if "sqlite_databases" in component:
        link(directory / ".spin/sqlite_db.db", data / "kalends.db")
    more = {f"KALENDS_{name.upper()}": value for name, value in settings.items() if value}
    listen = f"127.0.0.1:{os.environ['DESK_SPIN_PORT']}"
    serve([installed(), "serve", "--listen", listen, "--data", str(data), "--component", str(source)], more, place="spin")


def link(path: Path, target: Path):
    if not path.is_symlink():
        path.symlink_to(target)


def main(arguments: list[str]):
    subcommand, flags, others = parsed(arguments)
    if subcommand == "aka login":
        return
    path = Path(flags.get("--from", ["spin.toml"])[0])
    read = manifest(path)
    if subcommand == "registry push":
        need(len(others) == 1 and re.fullmatch(r"[a-z0-9.-]+/[a-z0-9/-]+:[\w.-]+", others[0]), f"{others} is no reference")
        (Path(os.environ["DESK_SERVERS"]) / "pushed").write_text(others[0])
        return
    need(not others, f"{subcommand} takes no {others}")
    if "--build" in flags:
        for component in read["component"].values():
            subprocess.run(component["build"]["command"], shell=True, check=True, env=true_environment())
    run(read, values(read, flags), path.resolve().parent)


if __name__ == "__main__":
    main(sys.argv[1:])
