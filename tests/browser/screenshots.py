#!/usr/bin/env python3
"""Writes the screenshots of the documents: the start page, the mailbox, the pages of a verification and of a deletion, and views
of the account page and of the console.

Starts the service with `cargo run` or from a given binary, and creates the accounts.
"""

import argparse
import base64
import datetime
import pathlib
import re
import tempfile

from driver import PASSWORD, Browser, Service, stop, wait_for
from site_driver import Site
from site_operator import ADMIN, open_account

EMAIL = "ann@acme.example"
WIDTH, MAX_HEIGHT, MAX_BYTES = 800, 720, 100_000
# The account page and the console show their navigation beside the view from 960 pixels on.
SITE_WIDTH, SITE_HEIGHT = 1100, 760
# The port differs from run to run, and the documents name this one.
SHOWN_ADDRESS = "127.0.0.1:8080"
REPLACE_ADDRESS = """
const [from, to, done] = arguments;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replaceAll(from, to);
done(document.documentElement.scrollHeight);
"""


class Screenshots:
    """Opens pages and writes each as a PNG."""

    def __init__(self, service, browser, folder):
        self.service, self.browser, self.folder = service, browser, folder

    def take(self, name, link, heading):
        browser = self.browser
        size = {"width": WIDTH, "height": 400, "deviceScaleFactor": 1, "mobile": False}
        browser.send_devtools_command("Emulation.setDeviceMetricsOverride", size)
        browser.send_devtools_command("Emulation.setScrollbarsHidden", {"hidden": True})
        browser.open(link, heading)
        self.write(name, size, MAX_HEIGHT)

    def write(self, name, size, max_height):
        browser = self.browser
        height = browser.run_script(REPLACE_ADDRESS, self.service.base.removeprefix("http://"), SHOWN_ADDRESS)
        size["height"] = min(height, max_height)
        browser.send_devtools_command("Emulation.setDeviceMetricsOverride", size)
        png = base64.b64decode(browser.send("screenshot"))
        assert len(png) < MAX_BYTES, (name, len(png))
        (self.folder / f"{name}.png").write_bytes(png)

    def take_view(self, name):
        """The view that the account page or the console shows now."""
        size = {"width": SITE_WIDTH, "height": 400, "deviceScaleFactor": 1, "mobile": False}
        self.browser.send_devtools_command("Emulation.setDeviceMetricsOverride", size)
        self.browser.send_devtools_command("Emulation.setScrollbarsHidden", {"hidden": True})
        self.write(name, size, SITE_HEIGHT)

    def account_page(self):
        """The sample account, and what closing it would delete."""
        site = Site(self.browser, self.service.base, "", "")
        site.resize(SITE_WIDTH)
        site.sign_in("/account", "acme", "acme sample account", "Hello, John Smith")
        self.take_view("account")
        site.press("Close account")
        site.wait_for_heading("Close account")
        self.take_view("close")
        site.sign_out()

    def console(self):
        """The dashboard with accounts that are frozen for different dates."""
        admin = self.service.sign_in(ADMIN)
        for number, days in enumerate([2, 5, 5, 9, 12, 12, 12, 17, 21, 24, 24, 28]):
            name = f"Shop {number + 1}"
            customer_id = open_account(self.service, f"owner{number}@shop.example", name)
            due = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
            body = {"tm_deletion_scheduled": due.strftime("%Y-%m-%dT00:00:00Z")}
            status, frozen = self.service.post(f"/v1.0/customers/{customer_id}/freeze", body, admin)
            assert status == 200, frozen
        site = Site(self.browser, self.service.base, "", "")
        site.resize(SITE_WIDTH)
        site.sign_in("/console", ADMIN, PASSWORD, "Dashboard")
        self.take_view("console")

    def verify(self):
        body = {"email": EMAIL, "accepted_tos": True, "name": "Acme Corporation"}
        assert self.service.post("/auth/signup", body) == (200, {})
        link = self.service.mailed_link(EMAIL)
        self.take("verification", link, "Confirm your e-mail address")
        self.browser.submit("Your e-mail address is confirmed")
        self.service.post("/_local/idle", {})
        self.take("mailbox", f"{self.service.base}/_local/mailbox", "Mailbox")
        self.take("index", f"{self.service.base}/", "Custodian on this computer")

    def delete(self):
        """A platform admin opens an account, its owner closes it, and the grace period of 30 days passes."""
        service = self.service
        admin = service.sign_in("admin@localhost")
        account = {"username": "bob", "password": PASSWORD, "name": "Bobs Shop", "email": "bob@shop.example"}
        status, customer = service.post("/v1.0/customers", account, admin)
        assert status == 200, customer
        token = re.search(r"token=([0-9a-f]{64})", service.mailed_link(account["email"])).group(1)
        assert service.post("/auth/email-verify", {"token": token})[0] == 200
        owner = service.sign_in("bob")
        assert service.post("/v1.0/tags", {"name": "vip"}, owner)[0] == 200
        assert service.post("/auth/unregister", {"password": PASSWORD}, owner)[0] == 200
        assert service.post("/_local/clock", {"advance_seconds": 30 * 86_400 + 1})[0] == 200
        assert service.post("/_local/clock", {"advance_seconds": 1800})[0] == 200
        link = wait_for("the last mail", lambda: service.mailed_link(account["email"]))
        self.take("deletion", link, "This account is deleted")


def run(program, folder, service_options, take):
    """Starts a service and a browser, and takes pictures with them."""
    # Chromium may still write into its profile while it ends.
    with tempfile.TemporaryDirectory(prefix="custodian-screenshots-", ignore_cleanup_errors=True) as work:
        with (pathlib.Path(work) / "service.log").open("w") as log:
            service = Service(log, program, *service_options)
            try:
                browser = Browser(pathlib.Path(work), scripts=True)
                try:
                    take(Screenshots(service, browser, folder))
                finally:
                    stop(browser.process)
            finally:
                stop(service.process)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--program", help="the service's binary; the default is to build it with cargo run")
    arguments.add_argument("folder", type=pathlib.Path, help="the folder for the screenshots")
    options = arguments.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    program = [options.program] if options.program else ["cargo", "run", "--quiet", "--"]
    run(program, options.folder, [], lambda it: (it.verify(), it.delete()))
    run(program, options.folder, ["--sample"], lambda it: (it.account_page(), it.console()))
    print(f"the screenshots are in {options.folder}")


main()
