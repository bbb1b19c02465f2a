#!/usr/bin/env python3
"""From signing up to the first login, as a person does it: with the mails' links, in headless Chromium.

Starts the service by `cargo run`, or the binary that it is given, and Debian's chromedriver. Prints where it keeps its
screenshots.
"""

import argparse
import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

EMAIL, PASSWORD = "ann@acme.example", "correct horse battery"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def call(url, body=None, method=None):
    """A request with a JSON body, or without one; answers status and JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read() or "null")
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or "null")


def until(what, ready, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = ready()
        if found:
            return found
        time.sleep(0.1)
    sys.exit(f"{what}: not within {seconds} s")


def end(process):
    """Ends a process with everything that it has started."""
    os.killpg(process.pid, signal.SIGTERM)
    process.wait()


class Service:
    """The local service, on a port of its own."""

    def __init__(self, log, program):
        command = [*program, "--ephemeral", "--port", "0", "--admin-password", PASSWORD]
        # In a session of its own: what cargo has started has to end with it.
        self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.DEVNULL, start_new_session=True)
        text = lambda: re.search(r"Custodian on (\S+)", pathlib.Path(log.name).read_text())
        self.base = until("the service", text, 120).group(1)

    def mailed(self, subject):
        """The link in the newest mail with this subject."""
        call(f"{self.base}/_local/idle", {})
        mails = call(f"{self.base}/_local/mailbox")[1]["result"]
        mail = next(mail for mail in mails if mail["subject"] == subject)
        return re.search(r"http\S+", mail["text"]).group(0)

    def login(self, password):
        return call(f"{self.base}/auth/login", {"username": EMAIL, "password": password})

    def forgot(self):
        assert call(f"{self.base}/auth/password-forgot", {"username": EMAIL}) == (200, {})
        return self.mailed("Set your password")


class Refused(Exception):
    """What the browser did not do."""


class Browser:
    """Chromium through chromedriver, with scripts off: the pages have to work without."""

    def __init__(self, folder):
        self.folder = folder
        command = ["chromedriver", "--port=0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        port = next(m for m in (re.search(r"successfully on port (\d+)", line) for line in self.process.stdout) if m).group(1)
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update",
            f"--user-data-dir={folder}/profile", "--blink-settings=scriptEnabled=false",
        ]
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": flags}}}}
        answer = call(f"http://127.0.0.1:{port}/session", wanted)[1]["value"]
        self.session = f"http://127.0.0.1:{port}/session/{answer['sessionId']}"
        # A phone's width, which is less than a window of Chromium can have.
        phone = {"width": 390, "height": 780, "deviceScaleFactor": 2, "mobile": False}
        self.emulate("Emulation.setDeviceMetricsOverride", phone)

    def do(self, path, body=None):
        status, answer = call(f"{self.session}/{path}", body)
        if status != 200:
            raise Refused(answer)
        return answer["value"]

    def emulate(self, command, parameters):
        self.do("goog/cdp/execute", {"cmd": command, "params": parameters})

    def find(self, selector):
        return self.do("element", {"using": "css selector", "value": selector})[ELEMENT]

    def open(self, link):
        self.do("url", {"url": link})

    def heading(self):
        """The page's heading; none while one page goes and the next one comes."""
        try:
            return self.do(f"element/{self.find('h1')}/text")
        except Refused:
            return None

    def press(self, expected):
        self.do(f"element/{self.find('button')}/click", {})
        until(expected, lambda: self.heading() == expected)

    def ready(self, selector):
        """Waits for a page that has this."""
        until(selector, lambda: self.do("elements", {"using": "css selector", "value": selector}))

    def type(self, selector, text):
        self.do(f"element/{self.find(selector)}/value", {"text": text})

    def value(self, selector):
        return self.do(f"element/{self.find(selector)}/property/value")

    def colours(self, scheme):
        """Prefers light or dark from now on."""
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.emulate("Emulation.setEmulatedMedia", media)

    def screenshot(self, name):
        (self.folder / f"{name}.png").write_bytes(base64.b64decode(self.do("screenshot")))


def run(service, browser):
    signup = {"email": EMAIL, "accepted_tos": True, "name": "Acme <script>"}
    assert call(f"{service.base}/auth/signup", signup) == (200, {})

    browser.open(service.mailed("Confirm your e-mail address"))
    assert browser.heading() == "Confirm your e-mail address"
    browser.screenshot("1-confirm")
    browser.press("Your e-mail address is confirmed")
    browser.screenshot("2-confirmed")

    link = service.mailed("Set your password")
    browser.open(link)
    browser.ready("input[type=password]")
    assert browser.value("#username") == EMAIL
    browser.type("input[type=password]", PASSWORD)
    browser.screenshot("3-password")
    browser.colours("dark")
    browser.screenshot("3-password-dark")
    browser.colours("light")
    browser.press("Your password is set")
    browser.screenshot("4-set")

    status, session = service.login(PASSWORD)
    assert status == 200, session
    own = f"{service.base}/v1.0/customer?token={session['token']}"
    status, customer = call(own)
    assert (status, customer["status"]) == (200, "active"), customer

    # A link works once. The second time the page says so, before or after the button was pressed.
    browser.open(link)
    browser.ready("p[role=alert]")
    browser.screenshot("5-used")
    link = service.forgot()
    browser.open(link)
    browser.ready("input[type=password]")
    browser.type("input[type=password]", PASSWORD)
    service.forgot()
    browser.press("This did not work")
    browser.screenshot("6-replaced")

    # Another address is the account's once its link was followed, and that again works once.
    assert call(own, {"email": "new@acme.example"}, "PUT")[0] == 200
    link = service.mailed("Confirm your new e-mail address")
    browser.open(link)
    browser.press("Your e-mail address is confirmed")
    browser.screenshot("7-changed")
    assert call(own)[1]["email"] == "new@acme.example"
    browser.open(link)
    browser.press("This did not work")
    browser.screenshot("8-confirmed-before")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--program", help="the service's binary; without it, cargo run builds it")
    arguments.add_argument("--folder", type=pathlib.Path, help="where to keep the screenshots")
    given = arguments.parse_args()
    folder = given.folder or pathlib.Path(tempfile.mkdtemp(prefix="custodian-browser-"))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "service.log").open("w") as log:
        service = Service(log, [given.program] if given.program else ["cargo", "run", "--quiet", "--"])
        try:
            browser = Browser(folder)
            try:
                run(service, browser)
            finally:
                end(browser.process)
        finally:
            end(service.process)
    print(f"signing up works in a browser; screenshots in {folder}")


main()
