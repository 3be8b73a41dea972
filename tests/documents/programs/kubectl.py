"""kubectl without a cluster: the true one makes the secret (`--dry-run=client`); what it would apply is held against the definition of a SpinApp
(https://www.spinkube.dev/docs/reference/spin-app/), the secret that was made, the image that was pushed and the variables of fermyon.toml."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml
from serving import true_environment

SPEC = {
    "image", "executor", "replicas", "variables", "checks", "deploymentAnnotations", "enableAutoscaling", "imagePullSecrets", "podAnnotations", "podLabels",
    "resources", "runtimeConfig", "serviceAccountName", "serviceAnnotations", "volumeMounts", "volumes", "components",
}
SERVERS = Path(os.environ["DESK_SERVERS"])


def need(holds: object, fault: str):
    if not holds:
        sys.exit(f"kubectl: {fault}")


def create(arguments: list[str]):
    run = subprocess.run(["kubectl", *arguments, "--dry-run=client", "--output=yaml"], env=true_environment(), capture_output=True, text=True)
    need(run.returncode == 0, run.stderr)
    secret = yaml.safe_load(run.stdout)
    (SERVERS / f"secret-{secret['metadata']['name']}").write_text("\n".join(secret["data"]))


def apply(path: str):
    app = yaml.safe_load(Path(path).read_text())
    need(app["apiVersion"] == "core.spinkube.dev/v1alpha1" and app["kind"] == "SpinApp" and app["metadata"]["name"], "no SpinApp")
    spec = app["spec"]
    need(set(spec) <= SPEC and {"image", "executor"} <= set(spec) and isinstance(spec["replicas"], int), f"spec {sorted(spec)}")
    need(spec["image"] == (SERVERS / "pushed").read_text(), f"{spec['image']} was not pushed")
    declared = tomllib.loads(Path("fermyon.toml").read_text())["variables"]
    for variable in spec["variables"]:
        need(variable["name"] in declared, f"fermyon.toml has no {variable['name']}")
        need(("value" in variable) != ("valueFrom" in variable), f"{variable['name']} has one value")
        if "valueFrom" in variable:
            key = variable["valueFrom"]["secretKeyRef"]
            need(key["key"] in (SERVERS / f"secret-{key['name']}").read_text().split("\n"), f"the secret has no {key['key']}")
    required = {name for name, variable in declared.items() if variable.get("required")}
    need(required <= {variable["name"] for variable in spec["variables"]}, "a variable that is required is missing")


def main(arguments: list[str]):
    match arguments:
        case ["create", "secret", *_]:
            create(arguments)
        case ["apply", "-f", path]:
            apply(path)
        case _:
            sys.exit(f"kubectl: the test does not know {arguments}")


if __name__ == "__main__":
    main(sys.argv[1:])
