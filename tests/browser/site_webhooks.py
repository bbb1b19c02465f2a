"""The view of the webhook endpoints: the first one, a second one with chosen events, and the most that an account can have."""

import base64
import hashlib
import hmac
import json

from driver import send_request, wait_for
from site_driver import DESKTOP

MAX_ENDPOINTS = 5
# The deliveries are a table from the first width on, the navigation stands beside it from the second one on, and the columns are
# wider from the third one on.
TABLE_WIDTHS = (768, 960, 1200)
ENDPOINTS = "/v1.0/customer/webhook/endpoints"


class Receiver:
    """The webhooks that arrive at one path of a server."""

    def __init__(self, server, path):
        self.server, self.path = server, path
        self.url = f"{server.base}{path}"

    def webhooks(self):
        return [(headers, body) for path, headers, body in self.server.webhooks if path.startswith(self.path)]

    def types(self):
        return [json.loads(body)["type"] for _, body in self.webhooks()]

    def clear(self):
        """Forgets the webhooks of all paths of the server."""
        self.server.webhooks.clear()


def is_signed_with(webhook, secret):
    """Whether the secret made one of the signatures, as Standard Webhooks defines them."""
    headers, body = webhook
    headers = {name.lower(): value for name, value in headers.items()}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}" in headers["webhook-signature"].split()


def new_secret(site, number, name=None):
    """The new secret of the endpoint at this place of the page."""
    site.press("New secret", number)
    site.press("New secret")
    site.wait_for_text("Your new signing secret")
    secret = site.browser.property("dialog input", "value")
    assert secret.startswith("whsec_")
    if name:
        site.show(name)
    site.press("I have saved it")
    wait_for("the dialog to close", lambda: site.count("dialog") == 0)
    site.wait_for_text(secret[:10])
    return secret


def first_endpoint(site, receiver):
    site.press("Webhook")
    site.wait_for_heading("Webhook")
    site.show("webhook-none")
    assert not site.is_offered("Send a test") and not site.is_offered("Remove the address")
    open_form(site, "Set the address", "Set the address")
    site.fill("Web address", "ftp://nowhere.example")
    site.press("Save")
    site.wait_for_text("Please enter a web address")
    site.fill("Web address", f"{receiver.url}?{'x' * 100}=<img/src=x>")
    close_form(site, "Save")
    secret = new_secret(site, 0, "webhook-secret")
    site.press("Send a test")
    site.wait_for_text("A test webhook is on its way.")
    wait_for("the delivery", lambda: site.refresh() or "response 204" in site.text())
    site.show("webhook")
    site.press("Send again")
    site.wait_for_text("The webhook is sent again.")
    assert named_endpoints(site) == set()
    return secret


def open_form(site, button, title, number=0):
    site.press(button, number)
    wait_for(title, lambda: site.find(f"//dialog/h2[normalize-space(.)='{title}']"))


def close_form(site, button):
    """Saves. The view is complete again when the focus is at a card."""
    site.press(button)
    wait_for("the dialog to close", lambda: site.count("dialog") == 0)
    wait_for("the view", lambda: site.browser.run_script("arguments[0](document.activeElement.closest('.endpoint') !== null)"))


def named_endpoints(site):
    """The endpoints that the table of deliveries names."""
    return set(site.browser.run_script(
        "arguments[0]([...document.querySelectorAll('.endpoint-name')].map(each => each.textContent))"))


def add_second_endpoint(site, receiver):
    open_form(site, "Add an endpoint", "New endpoint")
    site.press("Add an endpoint")
    site.wait_for_text("Please fill in this field.")
    site.fill("Web address", receiver.url)
    site.check("Chosen events")
    site.show("webhook-groups")
    site.press("Add an endpoint")
    site.wait_for_text("Please choose at least one event.")
    site.open_details("Tags")
    site.check("Tag created")
    site.check("Tag deleted")
    site.wait_for_text("2 of 3")
    site.show("webhook-choice")
    close_form(site, "Add an endpoint")
    site.wait_for_text("Tag created, Tag deleted")
    # The focus is at the new card, so that the next key does not start at the top of the page.
    assert site.browser.run_script("arguments[0](document.activeElement.textContent)") == receiver.url.removeprefix("http://")


def only_chosen_events_arrive(site, service, token, first, second, secrets):
    """The second endpoint gets what it chose, signed with its own secret."""
    service.post("/_local/idle", {})
    first.clear()
    status, tag = service.post("/v1.0/tags", {"name": "vip"}, token)
    assert status == 200, tag
    path = f"{site.base}/v1.0/tags/{tag['id']}"
    assert send_request(path, {"name": "other"}, "PUT", token)[0] == 200
    assert send_request(path, method="DELETE", token=token)[0] == 200
    service.post("/_local/idle", {})
    assert sorted(first.types()) == ["tag_created", "tag_deleted", "tag_updated"], first.types()
    assert sorted(second.types()) == ["tag_created", "tag_deleted"], second.types()
    for receiver, own, other in ((first, *secrets), (second, *reversed(secrets))):
        assert all(is_signed_with(each, own) and not is_signed_with(each, other) for each in receiver.webhooks())
    site.refresh()
    site.wait_for_text("Tag deleted")
    assert second.url.removeprefix("http://") in named_endpoints(site)


def change_second_endpoint(site, receiver):
    """The form shows the present choice, and the card the new one."""
    open_form(site, "Change", "Change the endpoint", 1)
    assert site.find("//dialog//label[normalize-space(.)='Tag created']"), "the group of a chosen event is closed"
    site.open_details("Account")
    for label in ("Account frozen", "Account changed", "Account recovered", "Reminder of the deletion", "Account deleted"):
        site.check(label)
    close_form(site, "Save")
    site.wait_for_text("7 chosen types")
    receiver.clear()
    site.press("Send a test", 1)
    site.wait_for_text("A test webhook is on its way.")
    wait_for("the test", lambda: receiver.types() == ["webhook_test"])


def german(site):
    """German words are longer."""
    site.choose_language("Deutsch")
    site.wait_for_text("7 ausgewählte Arten")
    site.show("webhooks-german")
    for width in TABLE_WIDTHS:
        site.resize(width)
        overflow = site.browser.run_script("""
            const card = document.querySelector('.deliveries');
            arguments[0](card.scrollWidth - card.clientWidth)""")
        assert overflow == 0, (width, overflow)
    site.resize(DESKTOP)
    open_form(site, "Ändern", "Endpunkt ändern", 1)
    site.wait_for_text("Schlagwort erstellt")
    site.show("webhook-form-german")
    site.press("Abbrechen")
    site.choose_language("English")
    site.wait_for_text("7 chosen types")


def fill_up(site, service, token, server):
    """Another session adds the last endpoint that the account can have, while this one shows its form."""
    add = lambda number: service.post(ENDPOINTS, {"webhook_uri": f"{server.base}/more/{number}"}, token)
    for number in range(3, MAX_ENDPOINTS):
        assert add(number)[0] == 200
    site.refresh()
    site.wait_for_text("/more/4")
    open_form(site, "Add an endpoint", "New endpoint")
    site.fill("Web address", f"{server.base}/more/6")
    assert add(MAX_ENDPOINTS)[0] == 200
    site.press("Add an endpoint")
    site.wait_for_text("An account has at most five endpoints. Delete one of them first.")
    site.press("Cancel")
    site.refresh()
    site.wait_for_text("/more/5")
    assert not site.is_offered("Add an endpoint")
    site.show("webhook-most")


def change_too_late(site, service, token):
    """Two sessions change the account. The second one must not overwrite what it has not seen."""
    open_form(site, "Change", "Change the endpoint")
    assert send_request(f"{site.base}/v1.0/customer", {"detail": "from another session"}, "PUT", token)[0] == 200
    site.press("Save")
    site.wait_for_text("Somebody has changed this meanwhile.")
    site.press("Cancel")
    site.refresh()


def delete_endpoints(site, service, token, second):
    status, listed = send_request(f"{site.base}{ENDPOINTS}", token=token)
    assert status == 200 and len(listed["result"]) == MAX_ENDPOINTS
    for endpoint in listed["result"][2:]:
        assert send_request(f"{site.base}{ENDPOINTS}/{endpoint['id']}", method="DELETE", token=token)[0] == 200
    # The page still shows a deleted one.
    site.press("Send a test", MAX_ENDPOINTS - 1)
    site.wait_for_text("This endpoint does not exist any more.")
    site.refresh()
    wait_for("two endpoints", lambda: site.count(".endpoint") == 2)
    site.show("webhooks")
    site.press("Delete")
    site.wait_for_text("It gets no more webhooks, and its secret is deleted.")
    site.show("webhook-delete")
    site.press("Delete")
    site.wait_for_text("The endpoint is deleted.")
    wait_for("one endpoint", lambda: site.count(".endpoint") == 1)
    second.clear()
    assert service.post("/v1.0/tags", {"name": "late"}, token)[0] == 200
    service.post("/_local/idle", {})
    assert second.types() == []


def remove_first_address(site):
    site.press("Remove the address")
    site.wait_for_text("The method and the choice of events are reset")
    site.show("webhook-clear")
    site.press("Remove the address")
    site.wait_for_text("The address is removed.")
    site.wait_for_text("No address yet")


def run(site, service, server, owner):
    first, second = Receiver(server, "/hook"), Receiver(server, "/tags")
    secret_of_first = first_endpoint(site, first)
    add_second_endpoint(site, second)
    secrets = secret_of_first, new_secret(site, 1)
    token = service.sign_in(owner)
    only_chosen_events_arrive(site, service, token, first, second, secrets)
    change_second_endpoint(site, second)
    german(site)
    fill_up(site, service, token, server)
    change_too_late(site, service, token)
    delete_endpoints(site, service, token, second)
    remove_first_address(site)
