"""The JSON API against its own description: schemathesis sends what /api/openapi.json allows, and what it does not."""

import json
import urllib.request
from pathlib import Path

import pytest
import requests
import schemathesis
from conftest import ADMIN_TOKEN
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
DOCUMENT = json.loads((Path(__file__).parents[2] / "components/auth/src/api/openapi.json").read_text())
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = [(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in METHODS if method in item]


NAMES = {"accounts": "described", "groups": "described-group", "member": "described"}
STRANGER = {"Authorization": "Bearer nobody"}


def ask(server, path: str, body: dict) -> dict:
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(server.url.rstrip("/") + path, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def administrator(server) -> dict[str, str]:
    """The token of an account with the administrator's role, which half of the requests are about; so they are about a group."""
    name = NAMES["accounts"]
    ask(server, "/api/accounts", {"name": name, "password": "a password of theirs", "admin": True})
    ask(server, "/api/groups", {"name": NAMES["groups"]})
    scope = ["calendars", "contacts", "files", "write", "administration"]
    token = ask(server, f"/api/accounts/{name}/tokens", {"label": "schemathesis", "scope": scope})
    return {"Authorization": f"Bearer {token['secret']}"}


@pytest.fixture(scope="module")
def description(server):
    """The document that the server serves."""
    with urllib.request.urlopen(server.url.rstrip("/") + "/api/openapi.json") as answer:
        schema = schemathesis.openapi.from_dict(json.load(answer))
    schema.config.update(base_url=server.url.rstrip("/"))
    return schema


class Adapter(requests.adapters.BaseAdapter):
    """An adapter that schemathesis does not look into: caldav's urllib3-future, which is here as urllib3, has other pools than it expects."""

    def __init__(self):
        super().__init__()
        self.inner = requests.adapters.HTTPAdapter()

    def send(self, *arguments, **options):
        return self.inner.send(*arguments, **options)

    def close(self):
        self.inner.close()


@pytest.fixture(scope="module")
def session():
    with requests.Session() as session:
        session.adapters.clear()
        session.mount("http://", Adapter())
        yield session


def aim(case) -> None:
    """Has half of the requests ask about what is there: by chance, none ever would. What is there stays for the others."""
    parameters = case.path_parameters
    if not isinstance(parameters, dict):
        return
    kind = "groups" if case.path.startswith("/api/groups") else "accounts"
    removes_it = case.method == "DELETE" and case.path.endswith("/{name}")
    for parameter, name in (("name", NAMES[kind]), ("member", NAMES["member"])):
        if parameter in parameters and len(str(parameters[parameter])) % 2 == 0 and not removes_it:
            parameters[parameter] = name


def send_all(operation, session, headers: dict[str, str], examples: int) -> None:
    """Sends so many requests of an operation, the same ones each time, and compares the answers with the description."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case):
        aim(case)
        case.call_and_validate(session=session, headers=headers, checks=CHECKS)

    send()


@pytest.mark.parametrize("method, path", OPERATIONS)
def test_the_api_is_as_described(description, session, administrator, method, path):
    send_all(description[path][method], session, administrator, 10)


@pytest.mark.parametrize("method, path", OPERATIONS)
def test_strangers_learn_what_the_description_says(description, session, method, path):
    send_all(description[path][method], session, STRANGER, 3)


def test_the_description_is_the_one_that_is_served(description):
    assert description.raw_schema == DOCUMENT
