#!/usr/bin/env python3
"""Webhooks as a customer receives them: verified by `standardwebhooks` from PyPI, which knows nothing of this project.

Starts the service and a receiver on this machine. Run it by `standard_webhooks.sh`, which brings the library along.
"""

import hashlib
import hmac
import http.server
import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

PASSWORD = "correct horse battery"
received = queue.Queue()


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes every webhook, whatever its method."""

    def take(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received.put((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET = do_PUT = do_DELETE = take

    def log_message(self, *_):
        pass


def call(method, url, body=None, token=None):
    """A request with JSON; what is refused ends the script."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    try:
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")
    except urllib.error.HTTPError as refused:
        sys.exit(f"{method} {url}: {refused.code} {refused.read().decode()}")


def start(log):
    """The local service, in a session of its own: what cargo has started has to end with it."""
    command = ["cargo", "run", "--quiet", "--", "--ephemeral", "--port", "0", "--admin-password", PASSWORD]
    command.append("--allow-loopback-webhooks")
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        said = re.search(r"Custodian on (\S+)", pathlib.Path(log.name).read_text())
        if said:
            return process, said.group(1)
        time.sleep(0.1)
    sys.exit("the service did not start")


def accepts(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


def check(method, secrets):
    """The next webhook is accepted under each of these secrets, and refused when anything about it is altered."""
    sent_by, path, headers, body = received.get(timeout=30)
    assert (sent_by, path) == (method, "/hook?x=1"), (sent_by, path)
    assert headers["x-voipbin-signature"] == "sha256=" + hmac.new(secrets[0].encode(), body, hashlib.sha256).hexdigest()
    for secret in secrets:
        assert accepts(secret, headers, body), f"refused: {headers}"
        for at in range(len(body)):
            altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
            assert not accepts(secret, headers, altered), f"byte {at} altered"
        for name, other in [
            ("webhook-id", headers["webhook-id"][:-1] + "x"),
            ("webhook-timestamp", str(int(headers["webhook-timestamp"]) + 1)),
            ("webhook-signature", "v1," + "A" * 43 + "="),
        ]:
            assert not accepts(secret, {**headers, name: other}, body), name
    return json.loads(body)


def open_account(base, operator, name):
    """An account whose address is verified; answers its id and a token of its admin."""
    account = {"username": name, "password": PASSWORD, "email": f"{name}@example.com", "name": "Acme ✓"}
    made = call("POST", f"{base}/v1.0/customers", account, operator)
    call("POST", f"{base}/_local/idle", {})
    mail = call("GET", f"{base}/_local/mailbox")["result"][0]["text"]
    call("POST", f"{base}/auth/email-verify", {"token": re.search(r"token=([0-9a-f]{64})", mail).group(1)})
    return made["id"], call("POST", f"{base}/auth/login", {"username": name, "password": PASSWORD})["token"]


def run(base, port):
    operator = call("POST", f"{base}/auth/login", {"username": "admin@localhost", "password": PASSWORD})["token"]
    (ann_id, ann), (_, ben) = open_account(base, operator, "ann"), open_account(base, operator, "ben")
    rotate = lambda who: call("POST", f"{base}/v1.0/customer/webhook/rotate", {}, who)["secret"]

    first = rotate(ann)
    hook = {"webhook_uri": f"http://127.0.0.1:{port}/hook?x=1", "webhook_method": "POST"}
    call("PUT", f"{base}/v1.0/customer", hook, ann)
    assert check("POST", [first])["data"]["name"] == "Acme ✓"

    second = rotate(ann)
    call("POST", f"{base}/v1.0/tags", {"name": "vip"}, ann)
    assert check("POST", [second, first])["type"] == "tag_created"

    third = rotate(ann)
    for method in ["GET", "PUT", "DELETE"]:
        call("PUT", f"{base}/v1.0/customer", {"webhook_method": method}, ann)
        assert check(method, [third, second, first])["type"] == "customer_updated"

    # The news of the end comes to where the account wanted to be told, and is signed like all before it.
    call("DELETE", f"{base}/v1.0/customers/{ann_id}", token=operator)
    assert check("DELETE", [third, second, first])["type"] == "customer_deleted"

    # An hour ahead of this machine's clock: the library refuses what comes from the future, whoever signed it.
    secret = rotate(ben)
    call("POST", f"{base}/_local/clock", {"advance_seconds": 3600})
    call("PUT", f"{base}/v1.0/customer", hook, ben)
    _, _, headers, body = received.get(timeout=30)
    assert not accepts(secret, headers, body)


def main():
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with tempfile.NamedTemporaryFile("w", prefix="custodian-webhooks-") as log:
        process, base = start(log)
        try:
            run(base, receiver.server_port)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    print("every webhook was accepted by the published library, and none that was altered")


main()
