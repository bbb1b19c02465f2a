"""The account page when requests fail, and when a text is not what it should be."""

import base64
import json

from driver import PASSWORD
from site_operator import open_account

EMAIL = "owner@failing.example"
FROZEN = "This account will be deleted"


def block(site, *paths):
    """From now on, only requests for these paths get no response."""
    urls = [f"{site.base}{path}*" for path in paths]
    site.browser.send_devtools_command("Network.setBlockedURLs", {"urls": urls})


def unread_session(site):
    """If the session cannot be read on a page for everybody, the next view reads it again."""
    block(site, "/v1.0/me")
    site.open("/account/receipt", "Verify an erasure receipt")
    block(site)
    site.browser.click("a.brand")
    site.wait_for_heading(f"Hello, {EMAIL}")


def unknown_recovery(site, service):
    """A failed request does not tell the owner who froze the account that the operator did it."""
    assert service.post("/auth/unregister", {"password": PASSWORD}, service.sign_in(EMAIL))[0] == 200
    site.sign_in("/account", EMAIL, PASSWORD, FROZEN)
    block(site, "/v1.0/customer/email_change")
    site.open("/account", "This did not work")
    assert "Only the operator" not in site.text(), site.text()
    site.show("failed")
    block(site)
    site.press("Try again")
    site.wait_for_heading(FROZEN)
    assert site.is_offered("Keep the account")


def foreign_token(site):
    """A text in the form of a signed token that is no receipt fails the checks."""
    parts = [{"alg": "EdDSA", "typ": "JWT"}, {"sub": "ann"}, {}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    site.open("/account/receipt", "Verify an erasure receipt")
    site.fill("Or its text", ".".join(encoded))
    site.press("Verify")
    site.wait_for_text("The receipt is not valid")
    site.show("no-receipt")


def run(site, service):
    open_account(service, EMAIL, "Failing")
    site.browser.send_devtools_command("Network.enable", {})
    site.sign_in("/account", EMAIL, PASSWORD, f"Hello, {EMAIL}")
    unread_session(site)
    unknown_recovery(site, service)
    foreign_token(site)
