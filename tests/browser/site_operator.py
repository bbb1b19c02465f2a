"""The console: search, hold and release, freeze, the brake, a delegation, plan and balance, and deletions."""

from driver import PASSWORD, send_request
from site_owner import MARKUP
from site_webhooks import close_form, open_form

ADMIN = "admin@localhost"
EMAIL = "owner@shop.example"


def open_account(service, email, name):
    """An active account, whose owner has the password of all agents here."""
    admin = service.sign_in(ADMIN)
    body = {"username": email, "password": PASSWORD, "name": name, "email": email}
    status, customer = service.post("/v1.0/customers", body, admin)
    assert status == 200, customer
    token = service.mailed_link(email).split("token=")[1]
    status, verified = service.post("/auth/email-verify", {"token": token})
    assert status == 200, verified
    return customer["id"]


def search(site, name):
    site.sign_in("/console", ADMIN, PASSWORD, "Dashboard")
    site.show("dashboard")
    site.press("Accounts")
    site.wait_for_heading("Accounts")
    site.fill("E-mail address, username or account number", EMAIL)
    site.press("Search")
    site.wait_for_text(name)
    assert "Platform" not in site.text() and not site.is_offered("admin@localhost")
    site.show("search")
    site.press(name)
    site.wait_for_heading(name)
    site.show("account")


def hold_and_release(site, name):
    site.press("Place a hold")
    site.show("hold-form")
    site.fill("Reason", MARKUP)
    site.fill("Reference", "case 4711")
    site.check("The owner may read the reason")
    site.press("Place a hold")
    site.wait_for_text("The account is on hold.")
    site.wait_for_text("case 4711")
    assert "The owner may read the reason\nYes" in site.text(), site.text()
    site.show("held")
    assert not site.is_offered("Delete at once")
    site.press("Freeze")
    site.press("Freeze")
    site.wait_for_text("The account is frozen.")
    site.press("Release the hold")
    site.show("hold-release")
    site.press("Release the hold")
    site.wait_for_text("The account is not on hold.")
    site.press("Recover")
    site.wait_for_text("The account is active again.")
    site.wait_for_heading(name)


def plan_and_balance(site):
    site.choose("Plan", "Professional")
    site.press("Change the plan")
    site.wait_for_text("The plan is Professional now.")
    site.fill("Amount", "12,50")
    site.press("Book the amount")
    site.wait_for_text("12.5")
    site.show("billing")


def delegation(site, name):
    site.press("Act for this account")
    site.fill("Reason", "too short")
    site.press("Act for this account")
    site.wait_for_text("Please enter at least 10 characters.")
    site.fill("Reason", "called about his flows")
    site.show("delegation-form")
    site.press("Act for this account")
    site.wait_for_text(f"You act for {name} until")
    site.show("delegated")
    for hidden in ("Close account", "Operators’ console"):
        assert not site.is_offered(hidden), hidden
    site.press("Access keys")
    site.wait_for_heading("Access keys")
    assert not site.is_offered("New access key")
    site.press("Webhook")
    site.wait_for_text("No address yet")
    assert not site.is_offered("New secret")
    open_form(site, "Add an endpoint", "New endpoint")
    site.fill("Web address", "http://127.0.0.1:9/")
    close_form(site, "Add an endpoint")
    site.press("Delete")
    site.wait_for_text("Delete the endpoint 127.0.0.1:9?")
    site.press("Delete")
    site.wait_for_text("The endpoint is deleted.")
    stored = site.storage()
    assert "delegat" not in str(stored) and "eyJ" not in str(stored), stored
    site.press("Stop")
    site.wait_for_heading(name)
    site.wait_for_text("Platform admin acted for the account")
    site.wait_for_text("Changed: webhook endpoints")


def brake(site):
    site.press("Deletions")
    site.wait_for_heading("Deletions")
    site.press("Pause all deletions")
    site.fill("Reason", "an audit")
    site.press("Pause all deletions")
    site.wait_for_text("All deletions are paused.")
    site.show("brake")
    site.press("Release the brake")
    site.wait_for_text("Deletions run normally.")


def delete(site, service, customer_id, name):
    site.open(f"/console/accounts/{customer_id}", name)
    site.press("Delete at once")
    site.wait_for_text("Type DELETE to confirm")
    site.show("delete-form")
    site.fill("Type DELETE to confirm", "DELETE")
    site.press("Delete everything now")
    site.wait_for_text("This account has ended.")
    service.post("/_local/idle", {})
    site.open("/console/deletions", "Deletions")
    site.wait_for_text("Deleted")
    site.show("deletions")
    service.post("/_local/clock", {"advance_seconds": 1800})
    site.open(f"/console/accounts/{customer_id}", customer_id)
    site.wait_for_text("The receipt is valid")
    site.show("ended")
    site.sign_out()


def roles(site, service):
    """An agent without rights sees only itself, and a manager sees no keys. Neither gets into the console."""
    open_account(service, "roles@shop.example", "Roles")
    owner = service.sign_in("roles@shop.example")
    for username, permission in (("agent-only", 16), ("manager-only", 64)):
        body = {"username": username, "password": PASSWORD, "permission": permission}
        status, agent = service.post("/v1.0/agents", body, owner)
        assert status == 200, agent
    site.sign_in("/account", "agent-only", PASSWORD, "Hello, agent-only")
    for hidden in ("Usage", "Access keys", "Agents", "Webhook", "Audit log", "Export", "Close account"):
        assert not site.is_offered(hidden), hidden
    site.show("role-agent")
    site.open("/account/keys", "You cannot see this page")
    site.show("refused")
    site.open("/console", "You cannot see this page")
    site.sign_out()
    site.sign_in("/account", "manager-only", PASSWORD, "Hello, manager-only")
    for hidden in ("Access keys", "Webhook", "Audit log", "Export", "Close account"):
        assert not site.is_offered(hidden), hidden
    site.press("Agents")
    site.wait_for_heading("Agents")
    site.show("role-manager")
    site.open("/console", "You cannot see this page")
    site.sign_out()


def frozen_by_operator(site, service):
    """The owner of an account that an operator froze cannot recover it, so the page does not offer it."""
    customer_id = open_account(service, "frozen@shop.example", "Frozen")
    admin = service.sign_in(ADMIN)
    assert service.post(f"/v1.0/customers/{customer_id}/freeze", {}, admin)[0] == 200
    site.sign_in("/account", "frozen@shop.example", PASSWORD, "This account will be deleted")
    site.wait_for_text("Only the operator can recover it.")
    assert not site.is_offered("Keep the account")
    site.show("frozen-by-operator")
    site.sign_out()


def unverified(site, service):
    """An account whose address is not confirmed can do nothing here but sign out, and the pages for everybody work."""
    body = {"username": "new@shop.example", "password": PASSWORD, "email": "new@shop.example"}
    assert service.post("/v1.0/customers", body, service.sign_in(ADMIN))[0] == 200
    heading = "Confirm your e-mail address first"
    site.sign_in("/account", "new@shop.example", PASSWORD, heading)
    site.show("unverified")
    site.open("/account/keys", heading)
    site.open("/account/forgotten", "Forgot your password?")
    site.sign_out()


def sign_out_of_delegation(site, service):
    """Signing out while acting for an account also ends the session of the platform admin."""
    name = "Delegated"
    customer_id = open_account(service, "delegated@shop.example", name)
    site.sign_in("/console", ADMIN, PASSWORD, "Dashboard")
    site.open(f"/console/accounts/{customer_id}", name)
    site.press("Act for this account")
    site.fill("Reason", "called about his flows")
    site.press("Act for this account")
    site.wait_for_text(f"You act for {name} until")
    site.sign_out()
    site.open("/console", "Sign in")


def run(site, service):
    name = f"Shop {MARKUP}"
    customer_id = open_account(service, EMAIL, name)
    owner = service.sign_in(EMAIL)
    assert send_request(f"{service.base}/v1.0/tags", {"name": "vip"}, token=owner)[0] == 200
    search(site, name)
    hold_and_release(site, name)
    plan_and_balance(site)
    delegation(site, name)
    brake(site)
    delete(site, service, customer_id, name)
    roles(site, service)
    frozen_by_operator(site, service)
    unverified(site, service)
    sign_out_of_delegation(site, service)
