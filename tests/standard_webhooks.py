#!/usr/bin/env python3
"""Receives webhooks as a customer does and verifies them with `standardwebhooks` from PyPI, an independent implementation.

Starts the local service and a receiver on loopback. standard_webhooks.sh installs the library and runs this script.
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
received_webhooks = queue.Queue()


class Receiver(http.server.BaseHTTPRequestHandler):
    """Accepts every webhook, with any method."""

    def accept(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received_webhooks.put((self.command, self.path, headers, body))
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET = do_PUT = do_DELETE = accept

    def log_message(self, *_):
        pass


def request(method, url, body=None, token=None):
    """Sends a JSON request and returns the JSON response. An error response ends the script."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=60) as response:
            return json.loads(response.read() or "null")
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {url}: {error.code} {error.read().decode()}")


def start_service(log):
    """Starts the local service in a session of its own, so that the signal at the end reaches cargo's child processes, too."""
    command = ["cargo", "run", "--quiet", "--", "--ephemeral", "--port", "0", "--admin-password", PASSWORD]
    command.append("--allow-loopback-webhooks")
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        banner = re.search(r"Custodian on (\S+)", pathlib.Path(log.name).read_text())
        if banner:
            return process, banner.group(1)
        time.sleep(0.1)
    sys.exit("the service did not start")


def is_valid(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


def check_next_webhook(method, secrets):
    """Checks that the next webhook verifies with each secret (the newest first), and that no altered copy of it does. Returns its body."""
    actual_method, path, headers, body = received_webhooks.get(timeout=30)
    assert (actual_method, path) == (method, "/hook?x=1"), (actual_method, path)
    # The header has room for one signature: during a rotation, that of the oldest secret.
    assert headers["x-voipbin-signature"] == "sha256=" + hmac.new(secrets[-1].encode(), body, hashlib.sha256).hexdigest()
    for secret in secrets:
        assert is_valid(secret, headers, body), f"refused: {headers}"
        for at in range(len(body)):
            altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
            assert not is_valid(secret, headers, altered), f"accepted with byte {at} altered"
        for name, value in [
            ("webhook-id", headers["webhook-id"][:-1] + "x"),
            ("webhook-timestamp", str(int(headers["webhook-timestamp"]) + 1)),
            ("webhook-signature", "v1," + "A" * 43 + "="),
        ]:
            assert not is_valid(secret, {**headers, name: value}, body), f"accepted with {name} altered"
    return json.loads(body)


def create_verified_customer(base, admin, name):
    """Creates a customer and verifies its address. Returns its id and a token of its admin."""
    account = {"username": name, "password": PASSWORD, "email": f"{name}@example.com", "name": "Acme ✓"}
    customer = request("POST", f"{base}/v1.0/customers", account, admin)
    request("POST", f"{base}/_local/idle", {})
    mails = [it["text"] for it in request("GET", f"{base}/_local/mailbox")["result"]]
    mail = next(text for text in mails if "token=" in text)
    request("POST", f"{base}/auth/email-verify", {"token": re.search(r"token=([0-9a-f]{64})", mail).group(1)})
    return customer["id"], request("POST", f"{base}/auth/login", {"username": name, "password": PASSWORD})["token"]


def run(base, port):
    admin = request("POST", f"{base}/auth/login", {"username": "admin@localhost", "password": PASSWORD})["token"]
    ann_id, ann = create_verified_customer(base, admin, "ann")
    _, ben = create_verified_customer(base, admin, "ben")

    def rotate(token):
        return request("POST", f"{base}/v1.0/customer/webhook/rotate", {}, token)["secret"]

    first = rotate(ann)
    webhook = {"webhook_uri": f"http://127.0.0.1:{port}/hook?x=1", "webhook_method": "POST"}
    request("PUT", f"{base}/v1.0/customer", webhook, ann)
    assert check_next_webhook("POST", [first])["data"]["name"] == "Acme ✓"

    second = rotate(ann)
    request("POST", f"{base}/v1.0/tags", {"name": "vip"}, ann)
    assert check_next_webhook("POST", [second, first])["type"] == "tag_created"

    third = rotate(ann)
    for method in ["GET", "PUT", "DELETE"]:
        request("PUT", f"{base}/v1.0/customer", {"webhook_method": method}, ann)
        assert check_next_webhook(method, [third, second, first])["type"] == "customer_updated"

    # The deletion notice uses the account's last webhook settings and secrets.
    request("DELETE", f"{base}/v1.0/customers/{ann_id}", token=admin)
    assert check_next_webhook("DELETE", [third, second, first])["type"] == "customer_deleted"

    # With the service's clock an hour ahead, the library refuses the timestamp although the signature is valid.
    secret = rotate(ben)
    request("POST", f"{base}/_local/clock", {"advance_seconds": 3600})
    request("PUT", f"{base}/v1.0/customer", webhook, ben)
    _, _, headers, body = received_webhooks.get(timeout=30)
    assert not is_valid(secret, headers, body)


def main():
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with tempfile.NamedTemporaryFile("w", prefix="custodian-webhooks-") as log:
        process, base = start_service(log)
        try:
            run(base, receiver.server_port)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
    print("the published library accepted every webhook and refused every altered one")


main()
