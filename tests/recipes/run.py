#!/usr/bin/env python3
"""Runs the receivers of docs/webhooks.md and sends them genuine and altered webhooks. run.sh installs their libraries.

The local service sends its webhooks to this program, which forwards them. So every receiver gets the same bytes, and each
alteration of them, too.
"""

import argparse
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/documents"))

import markdown  # noqa: E402
import service  # noqa: E402

PAGE = "docs/webhooks.md"
# The call that a reader replaces to check the other signature, before and after.
CALLS = {
    "receiver.py": ("event = verify(", "event = verify_voipbin("),
    "receiver.mjs": ("event = verify(", "event = verifyVoipbin("),
    "src/main.rs": ("= verify(&headers", "= verify_voipbin(&headers"),
}
received = queue.Queue()


class Recorder(http.server.BaseHTTPRequestHandler):
    """Keeps the headers about the signature and the body of every webhook."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        names = ["webhook-id", "webhook-timestamp", "webhook-signature", "x-voipbin-signature"]
        received.put(({name: self.headers[name] for name in names}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Api:
    def __init__(self, url):
        self.url, self.token = url, ""
        credentials = {"username": "acme", "password": "acme sample account"}
        self.token = self.request("POST", "/auth/login", credentials)["token"]

    def request(self, method, path, body):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)


def page_files():
    blocks, _ = markdown.blocks(PAGE, (ROOT / PAGE).read_text())
    starts = [block.text for block in blocks if block.marker("starts the service") is not None]
    named = [(block.marker("file:") or block.marker("saved as:"), block.text) for block in blocks]
    return starts[0], {name: text for name, text in named if name}


def build_rust(files, name, folder):
    """Builds the receiver in Rust with the versions of the workspace, so that they are compiled once."""
    project = folder / name
    (project / "src").mkdir(parents=True)
    (project / "Cargo.toml").write_text(files["Cargo.toml"] + "\n[workspace]\n")
    (project / "src/main.rs").write_text(files["src/main.rs"])
    shutil.copy(ROOT / "Cargo.lock", project)
    target = os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target")) + "/recipes"
    command = ["cargo", "build", "--quiet", "--target-dir", target]
    built = subprocess.run(command, cwd=project, stderr=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit(f"the receiver in Rust does not compile:\n{built.stderr}")
    program = project / "receiver"
    shutil.copy(pathlib.Path(target) / "debug/receiver", program)
    return [str(program)]


def commands(files, folder, node_modules):
    """The receivers: their names, their commands, and which signature they check."""
    (folder / "node_modules").symlink_to(node_modules)
    for signature, index in [("standard", 0), ("voipbin", 1)]:
        changed = dict(files)
        for name, calls in CALLS.items():
            assert files[name].count(calls[0]) == 1, f"{PAGE}: {name} lacks {calls[0]!r}"
            changed[name] = files[name].replace(calls[0], calls[index])
        python, node = folder / f"{signature}.py", folder / f"{signature}.mjs"
        python.write_text(changed["receiver.py"])
        node.write_text(changed["receiver.mjs"])
        yield f"Python, {signature}", [sys.executable, "-u", str(python)], signature
        yield f"Node, {signature}", ["node", str(node)], signature
        yield f"Rust, {signature}", build_rust(changed, signature, folder), signature


@contextlib.contextmanager
def running(command, secret):
    """Starts a receiver. Yields a function that sends it a webhook and returns the status of its response, and its process."""
    port = service.free_port()
    environment = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def send(headers, body):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("POST", "/", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                send({}, b"{}")
                break
            except ConnectionError:
                if time.monotonic() > deadline or process.poll() is not None:
                    process.kill()
                    sys.exit(f"{command} did not start: {process.communicate()[1]}")
                time.sleep(0.05)
        yield send, process
    finally:
        process.kill()
        process.wait()


def alterations(headers, body, signature):
    """Copies of a webhook that are not genuine, by name."""
    middle = len(body) // 2
    yield "another body", headers, body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
    yield "a longer body", headers, body + b" "
    name = "webhook-signature" if signature == "standard" else "x-voipbin-signature"
    yield "no signature", {key: value for key, value in headers.items() if key != name}, body
    forged = {"standard": ["v1," + "A" * 43 + "=", "v1,%", "nonsense"], "voipbin": ["sha256=" + "0" * 64, "sha256=%", "x"]}
    for text in ["", *forged[signature]]:
        yield f"the signature {text!r}", {**headers, name: text}, body
    if signature == "standard":
        yield "another id", {**headers, "webhook-id": headers["webhook-id"][:-1] + "x"}, body
        yield "another time", {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body
        yield "no time", {key: value for key, value in headers.items() if key != "webhook-timestamp"}, body


def check_receiver(name, command, signature, secrets, genuine, rotated):
    secret, new_secret = secrets
    with running(command, secret) as (send, process):
        for headers, body in genuine:
            status = send(headers, body)
            assert status == 204, f"{name} refused a genuine webhook: {status}"
            for alteration, altered_headers, altered_body in alterations(headers, body, signature):
                status = send(altered_headers, altered_body)
                assert status == 400, f"{name} responded with {status} to {alteration}"
        # For a day, both signatures still verify with the replaced secret.
        status = send(*rotated)
        assert status == 204, f"{name} responded with {status} after the rotation"
        process.kill()
        printed = process.communicate()[0]
    types = [json.loads(body)["type"] for _, body in genuine]
    for event_type in types:
        assert f"genuine: {event_type}" in printed, f"{name} printed {printed!r}"
    with running(command, new_secret) as (send, _):
        # The header with one signature has that of the replaced secret.
        expected = 204 if signature == "standard" else 400
        status = send(*rotated)
        assert status == expected, f"{name} with the new secret responded with {status}"
    with running(command, "whsec_" + "A" * 32) as (send, _):
        status = send(*genuine[0])
        assert status == 400, f"{name} with another secret responded with {status}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--node-modules", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    start, files = page_files()
    recorder = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=recorder.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="custodian-recipes-") as folder:
        receivers = list(commands(files, pathlib.Path(folder), arguments.node_modules))
        with service.started(start, ROOT) as url:
            api = Api(url)
            secret = api.request("POST", "/v1.0/customer/webhook/rotate", {})["secret"]
            api.request("PUT", "/v1.0/customer", {"webhook_uri": f"http://127.0.0.1:{recorder.server_port}/"})
            first = received.get(timeout=60)
            api.request("POST", "/v1.0/tags", {"name": "vip ✓ \U0001f4de"})
            genuine = [first, received.get(timeout=60)]
            new_secret = api.request("POST", "/v1.0/customer/webhook/rotate", {})["secret"]
            api.request("POST", "/v1.0/tags", {"name": "after the rotation"})
            rotated = received.get(timeout=60)
            for name, command, signature in receivers:
                check_receiver(name, command, signature, (secret, new_secret), genuine, rotated)
    print(f"the receivers of {PAGE} accepted every webhook and refused every altered one, in Python, Node and Rust")


main()
