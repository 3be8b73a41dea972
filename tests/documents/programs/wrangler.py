"""The true wrangler without an account. What Cloudflare's D1 would do, the D1 on this machine does (`--local` for `--remote`); `deploy` goes as far as `--dry-run` goes;
where an answer of Cloudflare's API is needed, it comes from here. The Worker that is deployed and has its secrets is `wrangler dev`, on the same data."""

import json
import os
import re
import subprocess
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

CLOUDFLARE = Path(__file__).resolve().parents[3] / "hosts/cloudflare"
ACCOUNT = "a" * 32
# The number of the database of that name.
KALENDS = str(uuid.uuid5(uuid.NAMESPACE_DNS, "kalends"))
# The secrets that a Worker has to have.
SECRETS = {"SERVER_SECRET", "ADMIN_TOKEN"}
# Which requests the API answers, and by what. A name is the one that was asked for.
API = [
    ("POST", "/d1/database", lambda asked: {"uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, asked["name"])), "name": asked["name"]}),
    ("GET", "/d1/database", lambda _: [{"uuid": KALENDS, "name": "kalends", "version": "production"}]),
    ("GET", f"/d1/database/{KALENDS}", lambda _: {"uuid": KALENDS, "name": "kalends", "version": "production"}),
    ("GET", f"/d1/database/{KALENDS}/time_travel/bookmark", lambda _: {"bookmark": "00000000-0000"}),
    ("POST", f"/d1/database/{KALENDS}/time_travel/restore", lambda _: {"bookmark": "00000001-0000", "previous_bookmark": "00000000-0000", "message": ""}),
    ("POST", "/r2/buckets", lambda asked: {"name": asked["name"]}),
    ("POST", "/storage/kv/namespaces", lambda asked: {"id": uuid.uuid5(uuid.NAMESPACE_DNS, asked["title"]).hex, "title": asked["title"]}),
    ("GET", "/storage/kv/namespaces", lambda _: []),
    ("PUT", "/workers/scripts/kalends/secrets", lambda asked: {"name": asked["name"], "type": "secret_text"}),
    ("GET", "/workers/services/kalends", lambda _: {"default_environment": {"script": {"last_deployed_from": "wrangler"}}}),
]


def real() -> list[str]:
    """The true wrangler, on a Node that it takes."""
    return [str(CLOUDFLARE / "node_modules/.bin/node"), str(CLOUDFLARE / "node_modules/wrangler/bin/wrangler.js")]


class Api(BaseHTTPRequestHandler):
    asked: list[str] = []

    def answer(self):
        path = self.path.split("?")[0].replace(f"/client/v4/accounts/{ACCOUNT}", "")
        Api.asked.append(f"{self.command} {path}")
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        found = next((answer for method, known, answer in API if (method, known) == (self.command, path)), None)
        status, content = (200, found(json.loads(body or "{}"))) if found else (404, None)
        errors = [] if found else [{"code": 404, "message": f"the test's API has no {self.command} {path}"}]
        text = json.dumps({"success": not errors, "errors": errors, "messages": [], "result": content}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


def environment() -> dict[str, str]:
    from serving import true_environment

    api = HTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    return {
        **true_environment(),
        "CI": "1",
        "WRANGLER_SEND_METRICS": "false",
        "NO_COLOR": "1",
        "CLOUDFLARE_API_BASE_URL": f"http://127.0.0.1:{api.server_port}/client/v4",
        "CLOUDFLARE_API_TOKEN": "of-nobody",
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
    }


def run(arguments: list[str], **more):
    run = subprocess.run([*real(), *arguments], env=environment(), capture_output=True, text=True, **more)
    print(run.stdout, run.stderr, Api.asked, sep="\n")
    if run.returncode != 0:
        sys.exit(f"wrangler {' '.join(arguments)} ended with {run.returncode}")
    return run.stdout


def made(binding: str, names: dict[str, str]):
    """Writes what a binding is bound to into wrangler.toml, as the reader is told to."""
    path = Path("wrangler.toml")
    head, mark, rest = path.read_text().partition(f'binding = "{binding}"\n')
    section, end, tail = f"\n{rest}".partition("\n\n")
    kept = [line for line in section.split("\n") if line and line.split(" = ")[0] not in names]
    new = [f'{name} = "{value}"' for name, value in names.items()]
    path.write_text(head + mark + "\n".join(kept + new) + end + tail)


def put_secret(name: str):
    secrets = Path(os.environ["DESK_SERVERS"]) / "secrets.json"
    known = json.loads(secrets.read_text()) if secrets.exists() else {}
    known[name] = sys.stdin.read()
    run(["secret", "put", name], input=known[name])
    secrets.write_text(json.dumps(known))
    if set(known) >= SECRETS:
        develop({name: value.strip() for name, value in known.items()})


def develop(secrets: dict[str, str]):
    """The deployed Worker."""
    from serving import serve

    variables = [word for name, value in secrets.items() for word in ("--var", f"{name}:{value}")]
    port = os.environ["DESK_WORKER_PORT"]
    more = {name: value for name, value in environment().items() if not name.startswith("CLOUDFLARE_")}
    serve([*real(), "dev", "--ip", "127.0.0.1", "--port", port, "--inspector-port", "0", *variables], more)


def main(arguments: list[str]):
    local = ["--local" if word == "--remote" else word for word in arguments]
    match arguments:
        case ["d1", "create", name, *_]:
            identifier = re.search(r'"database_id": "(.*?)"|database_id = "(.*?)"', run(arguments))
            made("DB", {"database_name": name, "database_id": identifier[1] or identifier[2]})
        case ["kv", "namespace", "create", name]:
            identifier = re.search(r'"id": "(.*?)"|\bid = "(.*?)"', run(arguments))
            made(name, {"id": identifier[1] or identifier[2]})
        case ["deploy", *_]:
            run([*arguments, "--dry-run", "--outdir", "deployed"])
            if not any(Path("deployed").glob("*.wasm")):
                sys.exit("wrangler deploy leaves the component out")
        case ["secret", "put", name]:
            put_secret(name)
        case _:
            run(local)


if __name__ == "__main__":
    main(sys.argv[1:])
