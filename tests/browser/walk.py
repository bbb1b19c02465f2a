#!/usr/bin/env python3
"""Signs up, sets a password, uses a session by its cookie and changes the address, in headless Chromium.

Walks once without scripts and once with them. With scripts, axe-core checks every page on a phone and on a desktop, in light and
in dark colours. Starts the service with `cargo run` or from a given binary. Prints the folder of the screenshots.
"""

import argparse
import pathlib
import tempfile
import urllib.parse

from driver import PASSWORD, RUN_AXE, WIDTHS, Browser, Service, send_request, stop

# Signs in, and uses the session by its cookie alone. Returns the statuses, the last one after the sign-out.
USE_SESSION = """
const [session, done] = arguments;
const send = (path, body) => fetch(path, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
}).then(response => response.status);
(async () => [
  await send('/auth/login', session), await send('/v1.0/tags', {}), await send('/auth/logout', {}), await send('/v1.0/tags', {}),
])().then(done, error => done(String(error)));
"""


class Walk:
    """One walk through the pages of mailed links and of a forgotten password, and their states."""

    def __init__(self, service, browser, axe):
        self.service, self.browser, self.axe = service, browser, axe
        self.name = "scripts" if browser.scripts else "plain"
        self.email = f"ann@{self.name}.example"

    def show(self, name):
        """Takes screenshots of the page, and checks it if scripts are enabled."""
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                self.browser.set_appearance(width, scheme)
                self.browser.screenshot(f"{self.name}-{name}-{width}-{scheme}")
                if self.browser.scripts:
                    found = self.browser.run_script(self.axe)
                    assert found == {"violations": [], "overflow": 0}, (name, width, scheme, found)
        errors = self.browser.logged_errors()
        assert errors == [], (name, errors)
        self.browser.set_appearance("phone", "light")

    def sign_up(self):
        browser, email = self.browser, self.email
        body = {"email": email, "accepted_tos": True, "name": "Acme <script>"}
        assert self.service.post("/auth/signup", body) == (200, {})
        link = self.service.mailed_link(email)
        browser.open(link, "Confirm your e-mail address")
        self.show("1-confirm")
        browser.submit("Your e-mail address is confirmed")
        self.show("2-confirmed")
        browser.reload("Your e-mail address is confirmed")
        browser.open(link, "Your e-mail address is already confirmed")
        self.show("3-already-confirmed")

    def set_first_password(self):
        browser = self.browser
        link = self.service.mailed_link(self.email)
        browser.open(link, "Set your password")
        assert browser.property("#username", "value") == self.email
        assert browser.is_displayed(".choice") == browser.scripts
        self.show("4-password")
        browser.type("#password", PASSWORD)
        if browser.scripts:
            browser.click("#show-password")
            assert browser.property("#password", "type") == "text"
            self.show("5-password-shown")
        browser.submit("Your password is set")
        self.show("6-password-set")
        browser.reload("Your password is set")
        browser.open(link, "This link was used")
        self.show("7-used")

    def refused_password(self):
        browser = self.browser
        browser.open(self.service.request_password_reset(self.email), "Set your password")
        # Longer than a password may be, which only the service checks.
        browser.type("#password", "x" * 129)
        browser.click("button")
        assert "8 to 128" in browser.error_of("password")
        self.show("8-password-refused")

    def forgot(self):
        browser, form = self.browser, f"{self.service.base}/auth/password-forgot"
        browser.open(form, "Forgot your password?")
        self.show("9-forgot")
        browser.type("#username", "x" * 1021)
        browser.click("button")
        assert browser.error_of("username")
        self.show("10-forgot-refused")
        browser.open(form, "Forgot your password?")
        browser.type("#username", self.email)
        browser.submit("Check your mail")
        self.show("11-check-your-mail")
        browser.reload("Check your mail")

    def replaced(self):
        browser = self.browser
        browser.open(self.service.request_password_reset(self.email), "Set your password")
        browser.type("#password", PASSWORD)
        self.service.request_password_reset(self.email)
        browser.submit("This link does not work")
        self.show("12-replaced")

    def session(self):
        """A sign-in by a script of the API's own origin. The browser takes the loopback address for a secure origin."""
        browser = self.browser
        if browser.scripts:
            browser.send("url", {"url": f"{self.service.base}/ping"})
            statuses = browser.run_script(USE_SESSION, {"username": self.email, "password": PASSWORD})
            assert statuses == [200, 200, 200, 401], statuses

    def change_address(self):
        browser, new = self.browser, f"new@{self.name}.example"
        status, session = self.service.post("/auth/login", {"username": self.email, "password": PASSWORD})
        assert status == 200, session
        account = f"{self.service.base}/v1.0/customer?token={urllib.parse.quote(session['token'])}"
        assert send_request(account)[1]["status"] == "active"
        assert send_request(account, {"email": new}, "PUT")[0] == 200
        browser.open(self.service.mailed_link(new), "Confirm your new e-mail address")
        self.show("13-change")
        browser.submit("Your e-mail address is confirmed")
        self.show("14-changed")
        assert send_request(account)[1]["email"] == new

    def refused(self):
        browser = self.browser
        late = f"late@{self.name}.example"
        self.service.post("/auth/signup", {"email": late, "accepted_tos": True})
        link = self.service.mailed_link(late)
        self.service.post("/_local/clock", {"advance_seconds": 3601})
        browser.open(link, "This link has expired")
        self.show("15-expired")
        for _ in range(10):
            self.service.post("/auth/password-forgot", {"username": late})
        browser.open(f"{self.service.base}/auth/password-forgot", "Forgot your password?")
        browser.type("#username", late)
        browser.submit("Too many attempts")
        self.show("16-too-many")

    def run(self):
        self.sign_up()
        self.set_first_password()
        self.refused_password()
        self.forgot()
        self.replaced()
        self.session()
        self.change_address()
        self.refused()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--axe", type=pathlib.Path, required=True, help="axe.min.js")
    arguments.add_argument("--program", help="the service's binary; the default is to build it with cargo run")
    arguments.add_argument("--folder", type=pathlib.Path, help="the folder for the screenshots")
    options = arguments.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="custodian-browser-"))
    folder.mkdir(parents=True, exist_ok=True)
    # chromedriver evaluates scripts outside the page's Content-Security-Policy.
    axe = f"{options.axe.read_text()};{RUN_AXE}"
    with (folder / "service.log").open("w") as log:
        service = Service(log, [options.program] if options.program else ["cargo", "run", "--quiet", "--"])
        try:
            for scripts in (False, True):
                browser = Browser(folder, scripts)
                try:
                    Walk(service, browser, axe).run()
                finally:
                    stop(browser.process)
        finally:
            stop(service.process)
    print(f"the pages work in a browser; screenshots are in {folder}")


main()
