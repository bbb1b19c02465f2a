#!/usr/bin/env python3
"""Signs up, sets a password and logs in through the mailed links and the HTML pages, in headless Chromium.

Starts the service with `cargo run` or from a given binary, and Debian's chromedriver. Prints the folder of the screenshots.
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


def send_request(url, body=None, method=None):
    """Sends a request with an optional JSON body. Returns the status and the JSON of the response."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.loads(response.read() or "null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or "null")


def wait_for(description, condition, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.1)
    sys.exit(f"timed out after {seconds} s waiting for: {description}")


def stop(process):
    """Stops a process and its child processes."""
    os.killpg(process.pid, signal.SIGTERM)
    process.wait()


class Service:
    """The local service on a free port."""

    def __init__(self, log, program):
        command = [*program, "--ephemeral", "--port", "0", "--admin-password", PASSWORD]
        # In a session of its own, so that stop() reaches cargo's child processes, too.
        self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.DEVNULL, start_new_session=True)
        banner = lambda: re.search(r"Custodian on (\S+)", pathlib.Path(log.name).read_text())
        self.base = wait_for("the service", banner, 120).group(1)

    def mailed_link(self, subject):
        """The link in the newest mail with this subject."""
        send_request(f"{self.base}/_local/idle", {})
        mails = send_request(f"{self.base}/_local/mailbox")[1]["result"]
        mail = next(mail for mail in mails if mail["subject"] == subject)
        return re.search(r"http\S+", mail["text"]).group(0)

    def login(self, password):
        return send_request(f"{self.base}/auth/login", {"username": EMAIL, "password": password})

    def request_password_reset(self):
        assert send_request(f"{self.base}/auth/password-forgot", {"username": EMAIL}) == (200, {})
        return self.mailed_link("Set your password")


class WebDriverError(Exception):
    """An error response of chromedriver."""


class Browser:
    """Chromium through chromedriver. JavaScript is disabled, since the pages have to work without it."""

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
        capabilities = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": flags}}}}
        session = send_request(f"http://127.0.0.1:{port}/session", capabilities)[1]["value"]
        self.session = f"http://127.0.0.1:{port}/session/{session['sessionId']}"
        # The width of a phone. It has to be emulated: a Chromium window cannot be that narrow.
        phone = {"width": 390, "height": 780, "deviceScaleFactor": 2, "mobile": False}
        self.send_devtools_command("Emulation.setDeviceMetricsOverride", phone)

    def send(self, path, body=None):
        status, response = send_request(f"{self.session}/{path}", body)
        if status != 200:
            raise WebDriverError(response)
        return response["value"]

    def send_devtools_command(self, command, parameters):
        self.send("goog/cdp/execute", {"cmd": command, "params": parameters})

    def find_element(self, selector):
        return self.send("element", {"using": "css selector", "value": selector})[ELEMENT]

    def open(self, link):
        self.send("url", {"url": link})

    def heading(self):
        """The heading of the page, or None while the next page loads."""
        try:
            return self.send(f"element/{self.find_element('h1')}/text")
        except WebDriverError:
            return None

    def submit(self, expected_heading):
        """Presses the button and waits for a page with this heading."""
        self.send(f"element/{self.find_element('button')}/click", {})
        wait_for(expected_heading, lambda: self.heading() == expected_heading)

    def wait_for_element(self, selector):
        wait_for(selector, lambda: self.send("elements", {"using": "css selector", "value": selector}))

    def type(self, selector, text):
        self.send(f"element/{self.find_element(selector)}/value", {"text": text})

    def value(self, selector):
        return self.send(f"element/{self.find_element(selector)}/property/value")

    def set_color_scheme(self, scheme):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.send_devtools_command("Emulation.setEmulatedMedia", media)

    def screenshot(self, name):
        (self.folder / f"{name}.png").write_bytes(base64.b64decode(self.send("screenshot")))


def run(service, browser):
    signup = {"email": EMAIL, "accepted_tos": True, "name": "Acme <script>"}
    assert send_request(f"{service.base}/auth/signup", signup) == (200, {})

    browser.open(service.mailed_link("Confirm your e-mail address"))
    assert browser.heading() == "Confirm your e-mail address"
    browser.screenshot("1-confirm")
    browser.submit("Your e-mail address is confirmed")
    browser.screenshot("2-confirmed")

    link = service.mailed_link("Set your password")
    browser.open(link)
    browser.wait_for_element("input[type=password]")
    assert browser.value("#username") == EMAIL
    browser.type("input[type=password]", PASSWORD)
    browser.screenshot("3-password")
    browser.set_color_scheme("dark")
    browser.screenshot("3-password-dark")
    browser.set_color_scheme("light")
    browser.submit("Your password is set")
    browser.screenshot("4-set")

    status, session = service.login(PASSWORD)
    assert status == 200, session
    own_account = f"{service.base}/v1.0/customer?token={session['token']}"
    status, customer = send_request(own_account)
    assert (status, customer["status"]) == (200, "active"), customer

    # A link works once. A used link is refused when the page opens, a replaced one when the form is submitted.
    browser.open(link)
    browser.wait_for_element("p[role=alert]")
    browser.screenshot("5-used")
    link = service.request_password_reset()
    browser.open(link)
    browser.wait_for_element("input[type=password]")
    browser.type("input[type=password]", PASSWORD)
    service.request_password_reset()
    browser.submit("This did not work")
    browser.screenshot("6-replaced")

    # A new address takes effect when its link is confirmed. That link works once, too.
    assert send_request(own_account, {"email": "new@acme.example"}, "PUT")[0] == 200
    link = service.mailed_link("Confirm your new e-mail address")
    browser.open(link)
    browser.submit("Your e-mail address is confirmed")
    browser.screenshot("7-changed")
    assert send_request(own_account)[1]["email"] == "new@acme.example"
    browser.open(link)
    browser.submit("This did not work")
    browser.screenshot("8-confirmed-before")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--program", help="the service's binary; the default is to build it with cargo run")
    arguments.add_argument("--folder", type=pathlib.Path, help="the folder for the screenshots")
    options = arguments.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="custodian-browser-"))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "service.log").open("w") as log:
        service = Service(log, [options.program] if options.program else ["cargo", "run", "--quiet", "--"])
        try:
            browser = Browser(folder)
            try:
                run(service, browser)
            finally:
                stop(browser.process)
        finally:
            stop(service.process)
    print(f"signup works in a browser; screenshots are in {folder}")


main()
