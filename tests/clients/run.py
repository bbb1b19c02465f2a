#!/usr/bin/env python3
"""Runs the clients of this folder against the local service. run.sh installs the generators.

Each generated client makes the same round trip with its own account: sign in, create a queue with empty lists, list, update and
delete it, and unregister. voipbin.py calls the tools of voipbin-mcp, a published client of the production API.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/documents"))

import service  # noqa: E402

PASSWORD = "a long enough password"
COMMAND = 'cargo run -- --ephemeral --admin-password "change me please"'
VENV = pathlib.Path(sys.executable).parent


def run(*command, folder, **environment):
    result = subprocess.run([str(it) for it in command], cwd=folder, env={**os.environ, **environment},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{result.stdout}")


def python(folder):
    """The client of openapi-python-client. round_trip.py checks the type of each response."""
    run(VENV / "openapi-python-client", "generate", "--path", ROOT / "docs/openapi.json", "--meta", "none",
        "--output-path", folder / "custodian_client", "--fail-on-warning", folder=folder, PATH=f"{VENV}:{os.environ['PATH']}")
    shutil.copy(HERE / "round_trip.py", folder)
    run(sys.executable, "-m", "compileall", "-q", folder, folder=folder)
    return [sys.executable, folder / "round_trip.py"]


def typescript(folder, node_modules):
    """The types of openapi-typescript with openapi-fetch. The compiler checks every request and every field that is read."""
    (folder / "node_modules").symlink_to(node_modules)
    (folder / "package.json").write_text('{"type": "module"}')
    run("node", "node_modules/openapi-typescript/bin/cli.js", ROOT / "docs/openapi.json", "-o", "api.d.ts", folder=folder)
    for name in ("round_trip.ts", "tsconfig.json"):
        shutil.copy(HERE / name, folder)
    run("node", "node_modules/typescript/bin/tsc", folder=folder)
    return ["node", folder / "round_trip.js"]


def rust(folder):
    """The client of progenitor, from the rendition in OpenAPI 3.0."""
    shutil.copytree(HERE / "rust", folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "docs/openapi-3.0.json", folder)
    target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target")) + "/clients"
    run("cargo", "build", "--quiet", "--locked", "--target-dir", target, folder=folder)
    return [f"{target}/debug/round-trip"]


def post(url, body, token=""):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=60) as response:
        return json.load(response)


def open_account(api, name):
    """Opens an account and follows its mailed link. Returns its first access key."""
    admin = post(f"{api}/auth/login", {"username": "admin@localhost", "password": "change me please"})["token"]
    email = f"{name}@example.com"
    post(f"{api}/v1.0/customers", {"username": name, "password": PASSWORD, "email": email}, admin)
    post(f"{api}/_local/idle", {})
    with urllib.request.urlopen(f"{api}/_local/mailbox", timeout=60) as response:
        texts = [mail["text"] for mail in json.load(response)["result"] if mail["to"] == email]
    token = re.search(r"token=([0-9a-f]{64})", texts[0])[1]
    return post(f"{api}/auth/email-verify", {"token": token})["accesskey"]["token"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--node-modules", required=True, type=pathlib.Path)
    node_modules = parser.parse_args().node_modules
    with tempfile.TemporaryDirectory(prefix="custodian-clients-") as folder, service.started(COMMAND, ROOT) as api:
        folder = pathlib.Path(folder)
        builders = {
            "python": python, "typescript": lambda it: typescript(it, node_modules), "rust": rust,
            "voipbin-mcp": lambda _: [sys.executable, HERE / "voipbin.py"],
        }
        for name, build in builders.items():
            started = time.monotonic()
            (folder / name).mkdir()
            command = build(folder / name)
            key = open_account(api, name)
            run(*command, folder=folder / name, API=api, ACCOUNT=name, PASSWORD=PASSWORD, ACCESS_KEY=key)
            print(f"  {name}: passed ({time.monotonic() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
