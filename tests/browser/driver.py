"""The local service, and headless Chromium through Debian's chromedriver."""

import atexit
import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

PASSWORD = "correct horse battery"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# A Chromium window cannot be as narrow as a phone, so the width is emulated.
WIDTHS = {"phone": 390, "desktop": 1280}

# Follows the source of axe-core.
RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run().then(({ violations }) => done({
  violations: violations.map(rule => rule.id + ': ' + rule.nodes.map(node => node.html + ' ' + node.failureSummary).join('; ')),
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
}), error => done({ violations: [String(error)], overflow: 0 }));
"""


def send_request(url, body=None, method=None, token=None):
    """Sends a request with an optional JSON body. Returns the status and the JSON of the response."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.loads(response.read() or "null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or "null")


def wait_for(description, condition, seconds=30):
    deadline = time.monotonic() + seconds
    failure = None
    while time.monotonic() < deadline:
        try:
            result = condition()
        except WebDriverError as error:
            # The page may be replaced while the condition reads it.
            result, failure = None, error
        if result:
            return result
        time.sleep(0.1)
    raise TimeoutError(f"timed out after {seconds} s waiting for: {description} {failure or ''}")


def start(command, **options):
    """Starts a process in a session of its own, so that stop() reaches its child processes, too. It ends with this program at the
    latest, also if what follows the start fails."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    atexit.register(stop, process)
    return process


def stop(process):
    """Stops a process and its child processes."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


class Service:
    """The local service on a free port."""

    def __init__(self, log, program, *options):
        command = [*program, "--ephemeral", "--port", "0", "--admin-password", PASSWORD, *options]
        self.process = start(command, stdout=log, stderr=subprocess.DEVNULL)
        banner = lambda: re.search(r"Custodian on (\S+)", pathlib.Path(log.name).read_text())
        self.base = wait_for("the service", banner, 120).group(1)

    def post(self, path, body, token=None):
        return send_request(f"{self.base}{path}", body, token=token)

    def sign_in(self, username):
        """The token of an agent that has the password of all agents here."""
        status, session = self.post("/auth/login", {"username": username, "password": PASSWORD})
        assert status == 200, session
        return session["token"]

    def mailed_link(self, to):
        """The link in the newest mail to this address."""
        self.post("/_local/idle", {})
        mails = send_request(f"{self.base}/_local/mailbox")[1]["result"]
        mail = next(mail for mail in mails if mail["to"] == to)
        return re.search(r"http\S+token=[0-9a-f]{64}", mail["text"]).group(0)

    def request_password_reset(self, email):
        assert self.post("/auth/password-forgot", {"username": email}) == (200, {})
        return self.mailed_link(email)


class WebDriverError(Exception):
    """An error response of chromedriver."""


class Browser:
    """Chromium. The pages of mailed links and of a forgotten password have to work with and without scripts."""

    def __init__(self, folder, scripts):
        self.folder, self.scripts = folder, scripts
        self.process = start(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        port = next(m for m in (re.search(r"successfully on port (\d+)", line) for line in self.process.stdout) if m).group(1)
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", f"--user-data-dir={folder}/profile-{scripts}",
        ]
        if not scripts:
            flags.append("--blink-settings=scriptEnabled=false")
        options = {"goog:chromeOptions": {"args": flags}, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = f"http://127.0.0.1:{port}"
        session = self.send("session", {"capabilities": {"alwaysMatch": options}})
        self.session += f"/session/{session['sessionId']}"
        self.set_appearance("phone", "light")

    def send(self, path, body=None):
        status, response = send_request(f"{self.session}/{path}", body)
        if status != 200:
            raise WebDriverError(response)
        return response["value"]

    def send_devtools_command(self, command, parameters):
        self.send("goog/cdp/execute", {"cmd": command, "params": parameters})

    def set_appearance(self, width, scheme):
        size = {"width": WIDTHS[width], "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.send_devtools_command("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.send_devtools_command("Emulation.setEmulatedMedia", media)

    def find_element(self, selector):
        return self.send("element", {"using": "css selector", "value": selector})[ELEMENT]

    def open(self, link, expected_heading):
        self.send("url", {"url": link})
        wait_for(expected_heading, lambda: self.heading() == expected_heading)

    def heading(self):
        """The heading of the page, or None while the next page loads."""
        try:
            return self.send(f"element/{self.find_element('h1')}/text")
        except WebDriverError:
            return None

    def click(self, selector):
        self.send(f"element/{self.find_element(selector)}/click", {})

    def submit(self, expected_heading):
        """Presses the button and waits for a page with this heading."""
        self.click("button")
        wait_for(expected_heading, lambda: self.heading() == expected_heading)

    def reload(self, expected_heading):
        self.send("refresh", {})
        wait_for(expected_heading, lambda: self.heading() == expected_heading)

    def type(self, selector, text):
        self.send(f"element/{self.find_element(selector)}/value", {"text": text})

    def property(self, selector, name):
        return self.send(f"element/{self.find_element(selector)}/property/{name}")

    def error_of(self, field):
        """The error at a field, once the page shows the form again."""
        selector = f"#{field}-error"
        wait_for(selector, lambda: self.send("elements", {"using": "css selector", "value": selector}))
        return self.send(f"element/{self.find_element(selector)}/text")

    def is_displayed(self, selector):
        return self.send(f"element/{self.find_element(selector)}/displayed")

    def run_script(self, script, *arguments):
        return self.send("execute/async", {"script": script, "args": list(arguments)})

    def logged_errors(self):
        """The violations of the Content-Security-Policy, the uncaught exceptions and the other errors that the page logged since
        the last call. Leaves out failed requests, because many tests cause refusals."""
        entries = self.send("se/log", {"type": "browser"})
        is_error = lambda entry: entry["level"] == "SEVERE" and entry["source"] != "network"
        return [entry["message"] for entry in entries if is_error(entry) or "Content Security Policy" in entry["message"]]

    def screenshot(self, name):
        (self.folder / f"{name}.png").write_bytes(base64.b64decode(self.send("screenshot")))
