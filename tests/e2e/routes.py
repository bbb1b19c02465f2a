"""Calls every route of the template at least once, each served by its function under that function's role."""

import gzip
import itertools
import json
import re
from concurrent.futures import ThreadPoolExecutor

from api_client import PASSWORD, ApiClient
from stack import update_row

UNKNOWN_ID = "5e4a0680-804e-11ec-8477-2fea5968d85b"

CREATE_BODIES = {
    "numbers": {"number": "+15550001111"}, "flows": {}, "queues": {"name": "Sales"}, "trunks": {"domain_name": "voice"},
    "extensions": {"extension": "100", "password": "dial-it-well"}, "storage_files": {"name": "greeting"},
    "tags": {"name": "vip"}, "transcribes": {"language": "en-US"}, "contacts": {"first_name": "Ann"},
}
# Replacements for the fields that have to be unique, for a second row of the same kind.
UNIQUE_FIELDS = {
    "numbers": {"number": "+15550004444"}, "extensions": {"extension": "101"}, "trunks": {"domain_name": "other"}}


class RecordingClient(ApiClient):
    """Records each route that it calls, and fails if a call does not succeed."""

    called_routes, post_numbers = set(), itertools.count()

    def request(self, method, path, body=None, headers=None):
        response = super().request(method, path, body, headers)
        self.called_routes.add((method, path.split("?")[0]))
        assert response.status in (200, 201, 202, 303), f"{method} {path}: {response.status} {response.text}"
        return response

    def post(self, path, body=None, headers=None):
        """Sends an Idempotency-Key with each POST, so that the permission to store the response is needed as well."""
        key = {"Idempotency-Key": f"e2e-{next(self.post_numbers)}"}
        return super().post(path, body, {**key, **(headers or {})})

    def login(self, username, password=PASSWORD):
        token = self.post("/auth/login", {"username": username, "password": password}).json()["token"]
        return RecordingClient(self.emulator, token)


def signup_and_login(client):
    client.get("/ping")
    client.post("/auth/signup", {"email": "sam@example.com", "accepted_tos": True})
    token = client.mailed_token("sam@example.com")
    client.get(f"/auth/email-verify?token={token}")
    client.post("/auth/email-verify", {"token": token})
    client.get("/auth/password-forgot")
    client.post("/auth/password-forgot", {"username": "sam@example.com"})
    token = client.mailed_token("sam@example.com")
    client.get(f"/auth/password-reset?token={token}")
    client.post("/auth/password-reset", {"token": token, "password": PASSWORD})
    sam = client.login("sam@example.com")
    sam.get("/v1.0/me")
    sam.post("/auth/logout")
    return "signup, the links of the mails, a forgotten password, login, logout"


def pages(client):
    """The account page and the console are one page at every path. Its files come compressed through the gateway."""
    for path in ("/account", "/account/profile", "/console", "/console/accounts"):
        html = client.get(path).text
        assert "<!doctype html>" in html, f"{path}: {html}"
    module = re.search(r'<script type="module" src="([^"]+)"', html).group(1)
    response = client.request("GET", module, headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip" and b"import" in gzip.decompress(response.content)
    description = client.request("GET", "/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(description.content))["openapi"].startswith("3.1")
    for path in ("/docs", "/docs/queues", "/docs/webhook-payloads"):
        assert "<h1>" in client.get(path).text, path
    return "the account page, the console, the reference and their files"


def platform_admin(client):
    admin = client.login_as_platform_admin()
    customer_id = client.create_customer("olga")
    path = f"/v1.0/customers/{customer_id}"
    client.post("/auth/email-verify", {"token": client.mailed_token("olga@example.com")})
    admin.get("/v1.0/customers")
    for query in ("email=olga@example.com", "username=olga", "due_before=2999-01-01T00:00:00Z", "held=true"):
        admin.get(f"/v1.0/customers?{query}")
    admin.get(path)
    admin.get(f"{path}/audit")
    admin.put(path, {"name": "Olga Ltd"})
    # The address of an unverified account changes at once.
    admin.put(f"/v1.0/customers/{client.create_customer('otto')}", {"email": "otto2@example.com"})
    admin.put(f"{path}/plan", {"plan": "professional"})
    billing_account_id = client.login("olga").get("/v1.0/billing_account").json()["id"]
    # As in own_account, the row must name another account first.
    update_row(client.emulator, "customers", {"id": {"S": customer_id}}, billing_account_id=UNKNOWN_ID)
    admin.put(f"{path}/billing_account_id", {"billing_account_id": billing_account_id})
    admin.post(f"{path}/balance", {"balance_credit": 5})
    admin.post("/auth/delegate", {"customer_id": customer_id, "reason": "called about her bill"})
    admin.put(f"{path}/hold", {"reason": "a court order"})
    admin.get(f"{path}/hold")
    admin.delete(f"{path}/hold")
    admin.post(f"{path}/freeze")
    admin.get(f"{path}/deletion")
    admin.post(f"{path}/recover")
    admin.get("/v1.0/platform/deletions")
    admin.put("/v1.0/platform/deletions", {"paused": True, "reason": "to test it"})
    admin.put("/v1.0/platform/deletions", {"paused": False})
    client.get("/.well-known/jwks.json")
    admin.delete(path)
    admin.post("/v1.0/platform/restore", {"table": "all"})
    return "a platform admin creates, updates, freezes, recovers and deletes a customer"


def own_account(client):
    customer_id, ann = client.create_verified_customer("ann")
    ann.get("/v1.0/customer")
    ann.put("/v1.0/customer", {"name": "Ann Ltd", "webhook_uri": "https://localhost/hook"})
    ann.get("/v1.0/customer/usage")
    ann.get("/v1.0/customer/audit")
    ann.put("/v1.0/customer", {"email": "ann2@example.com"})
    ann.get("/v1.0/customer/email_change")
    ann.delete("/v1.0/customer/email_change")
    billing_account_id = ann.get("/v1.0/billing_account").json()["id"]
    # An account has one billing account today, so setting it changes nothing unless the row names another one.
    update_row(client.emulator, "customers", {"id": {"S": customer_id}}, billing_account_id=UNKNOWN_ID)
    ann.put("/v1.0/customer/billing_account_id", {"billing_account_id": billing_account_id})
    ann.get("/v1.0/billing_accounts")
    ann.get(f"/v1.0/billing_accounts/{billing_account_id}")
    ann.put(f"/v1.0/billing_accounts/{billing_account_id}", {"name": "Main"})
    webhook = "/v1.0/customer/webhook"
    ann.get(webhook)
    ann.post(f"{webhook}/rotate")
    delivery_id = ann.post(f"{webhook}/test").json()["id"]
    ann.wait_until_idle()
    ann.get(f"{webhook}/deliveries")
    ann.post(f"{webhook}/deliveries/{delivery_id}/redeliver")
    ann.wait_until_idle()
    ann.get(f"{webhook}/event_types")
    new_endpoint = {"webhook_uri": "https://localhost/other", "event_types": ["customer_updated"]}
    endpoint_path = f"{webhook}/endpoints/{ann.post(f'{webhook}/endpoints', new_endpoint).json()['id']}"
    ann.put(endpoint_path, {"event_types": []})
    ann.get(f"{webhook}/endpoints")
    ann.get(endpoint_path)
    ann.post(f"{endpoint_path}/rotate")
    ann.post(f"{endpoint_path}/test")
    ann.wait_until_idle()
    ann.delete(endpoint_path)
    export_path = f"/v1.0/customer/export/{ann.post('/v1.0/customer/export').json()['id']}"
    ann.wait_until_idle()
    assert ann.get(export_path).json()["state"] == "finished"
    # The response redirects to the file in the bucket.
    lines = [json.loads(line) for line in gzip.decompress(ann.get(f"{export_path}/file").content).splitlines()]
    kinds = [line["kind"] for line in lines]
    assert kinds[0] == "export" and "customer" in kinds and "billing_account" in kinds, f"{kinds}"
    return "the caller's account, its billing account, its webhook and its export"


def agents_and_access_keys(client):
    ann = client.login("ann")
    agent_id = ann.post("/v1.0/agents", {"username": "bob@example.com", "password": PASSWORD}).json()["id"]
    path = f"/v1.0/agents/{agent_id}"
    ann.get("/v1.0/agents")
    ann.get(path)
    ann.put(path, {"name": "Bob"})
    ann.put(f"{path}/permission", {"permission": 32})
    # The functions delete the access keys of the agent that they demote or delete.
    client.login("bob@example.com").post("/v1.0/accesskeys", {})
    ann.put(f"{path}/permission", {"permission": 64})
    ann.put(f"{path}/permission", {"permission": 32})
    client.login("bob@example.com").post("/v1.0/accesskeys", {})
    ann.put(f"{path}/password", {"password": f"{PASSWORD} 2"})
    ann.put(f"{path}/status", {"status": "busy"})
    ann.put(f"{path}/addresses", {"addresses": [{"type": "tel", "target": "+15550002222"}]})
    tag_id = ann.post("/v1.0/tags", {"name": "sales"}).json()["id"]
    ann.put(f"{path}/tag_ids", {"tag_ids": [tag_id]})
    ann.delete(path)
    key = ann.post("/v1.0/accesskeys", {"name": "robot"}).json()
    with_access_key = RecordingClient(client.emulator, key["token"])
    with_access_key.get("/v1.0/accesskeys")
    with_access_key.get("/v1.0/me")
    path = f"/v1.0/accesskeys/{key['id']}"
    ann.get(path)
    ann.put(path, {"name": "android"})
    ann.delete(path)
    return "agents and access keys"


def parts_of(kind, flow_id, tag_id):
    """The requests that set a part of a row."""
    return {
        "numbers": [("PUT", "flow_ids", {"call_flow_id": flow_id, "message_flow_id": flow_id})],
        "queues": [("PUT", "tag_ids", {"tag_ids": [tag_id]}), ("PUT", "routing_method", {"routing_method": "random"})],
    }.get(kind, [])


def parts_of_a_contact(client, path, tag_id):
    """Adds, changes, finds and removes an address and a tag."""
    contact = client.post(f"{path}/addresses", {"type": "tel", "target": "+15550008888"}).json()
    address = f"{path}/addresses/{contact['addresses'][0]['id']}"
    client.put(address, {"target": "+15550009999"})
    assert client.get("/v1.0/contacts/lookup?phone=%2B15550009999").json()["result"][0]["id"] == contact["id"]
    client.delete(address)
    client.delete(f"{path}/tags/{tag_id}")
    client.post(f"{path}/tags", {"tag_id": tag_id})


def resource_kinds(client):
    ann = client.login("ann")
    flow_id, tag_id = (ann.post(f"/v1.0/{kind}", {}).json()["id"] for kind in ("flows", "tags"))
    # The functions need separate permissions to read referenced rows.
    updates_with_reference = {
        "flows": {"on_complete_flow_id": flow_id}, "queues": {"tag_ids": [tag_id]}, "contacts": {"tag_ids": [tag_id]}}
    for kind, body in CREATE_BODIES.items():
        row_id = ann.post(f"/v1.0/{kind}", body).json()["id"]
        path = f"/v1.0/{kind}/{row_id}"
        ann.get(f"/v1.0/{kind}")
        ann.get(path)
        ann.put(path, updates_with_reference.get(kind, {"name": "other"}))
        for method, part, body in parts_of(kind, flow_id, tag_id):
            ann.request(method, f"{path}/{part}", body, {"Idempotency-Key": f"{row_id}-{part}"})
        if kind == "contacts":
            parts_of_a_contact(ann, path, tag_id)
        if kind == "transcribes":
            ann.post(f"{path}/stop")
        ann.delete(path)
    # These rows still hold a name when they are deleted.
    running = {"language": "en-US", "reference_type": "call", "reference_id": UNKNOWN_ID}
    named = {"contacts": {"addresses": [{"type": "tel", "target": "+15550002222"}]}, "transcribes": running}
    for kind, body in named.items():
        ann.delete(f"/v1.0/{kind}/{ann.post(f'/v1.0/{kind}', body).json()['id']}")
    return f"{len(CREATE_BODIES)} kinds: create, list, get, update, delete"


def writes_of_a_delegate(client):
    """Calls the functions that write for a platform admin who acts as an account's guest agent. They record it in the audit log."""
    customer_id, dan = client.create_verified_customer("dan")
    agent_id = dan.post("/v1.0/agents", {"username": "dee", "password": PASSWORD}).json()["id"]
    key_id = dan.post("/v1.0/accesskeys", {}).json()["id"]
    billing_account_id = dan.get("/v1.0/billing_account").json()["id"]
    request = {"customer_id": customer_id, "reason": "called about his flows"}
    delegated = client.login_as_platform_admin().post("/auth/delegate", request).json()
    delegate = RecordingClient(client.emulator, delegated["token"])
    for kind, body in CREATE_BODIES.items():
        path = f"/v1.0/{kind}/{delegate.post(f'/v1.0/{kind}', {**body, **UNIQUE_FIELDS.get(kind, {})}).json()['id']}"
        delegate.put(path, {"name": "other"} if kind != "contacts" else {"notes": "other"})
        if kind == "transcribes":
            delegate.post(f"{path}/stop")
        delegate.delete(path)
    for suffix, body in (("", {"name": "Dee"}), ("/status", {"status": "busy"}), ("/tag_ids", {"tag_ids": []}),
                         ("/addresses", {"addresses": [{"type": "tel", "target": "+15550007777"}]})):
        delegate.put(f"/v1.0/agents/{agent_id}{suffix}", body)
    delegate.delete(f"/v1.0/agents/{agent_id}")
    delegate.put(f"/v1.0/accesskeys/{key_id}", {"name": "other"})
    delegate.delete(f"/v1.0/accesskeys/{key_id}")
    delegate.put("/v1.0/customer", {"detail": "other", "webhook_uri": "https://localhost/hook"})
    delivery_id = delegate.post("/v1.0/customer/webhook/test").json()["id"]
    client.wait_until_idle()
    delegate.post(f"/v1.0/customer/webhook/deliveries/{delivery_id}/redeliver")
    endpoint = delegate.post("/v1.0/customer/webhook/endpoints", {"webhook_uri": "https://localhost/other"}).json()
    delegate.put(f"/v1.0/customer/webhook/endpoints/{endpoint['id']}", {"event_types": ["tag_created"]})
    delegate.post(f"/v1.0/customer/webhook/endpoints/{endpoint['id']}/test")
    delegate.delete(f"/v1.0/customer/webhook/endpoints/{endpoint['id']}")
    update_row(client.emulator, "customers", {"id": {"S": customer_id}}, billing_account_id=UNKNOWN_ID)
    delegate.put("/v1.0/customer/billing_account_id", {"billing_account_id": billing_account_id})
    delegate.put(f"/v1.0/billing_accounts/{billing_account_id}", {"name": "Main"})
    return "the writes of a delegate"


def unregister_and_cancel(client):
    ann = client.login("ann")
    ann.post("/auth/unregister", {"dry_run": True})
    link = ann.post("/auth/unregister", {"password": PASSWORD}).headers["Link"]
    deletion = client.get(link.split("<")[1].split(">")[0]).json()
    assert deletion["state"] == "requested", f"{deletion}"
    client.login("ann").delete("/auth/unregister")
    return "unregister and cancel"


def new_access_keys(client, template):
    """Calls every route with a new access key. Each function that authenticates its caller records the first use of a key on a
    day, even if it then refuses the request."""
    ann, count = client.login("ann"), 0
    # The webhook's address is not public, so the webhooks of all these keys would be attempted for days of the emulator's clock.
    ann.put("/v1.0/customer", {"webhook_uri": ""})
    for method, _, path in (it.replace("ANY ", "GET ").partition(" ") for it in template.declared_routes() if "/" in it):
        key = ann.post("/v1.0/accesskeys", {}).json()
        with_access_key = ApiClient(client.emulator, key["token"])
        body = {} if method in ("POST", "PUT") else None
        response = with_access_key.request(method, re.sub(r"\{\w+\}", UNKNOWN_ID, path), body)
        assert response.status < 500, f"{method} {path}: {response.status} {response.text}"
        ann.delete(f"/v1.0/accesskeys/{key['id']}")
        count += 1
    return f"{count} routes, each with a new access key"


def owned_row_writes(tim, customer_id):
    """Requests that write to rows that an account owns. Creates the rows first."""
    row_ids = {kind: tim.post(f"/v1.0/{kind}", body).json()["id"] for kind, body in CREATE_BODIES.items()}
    agent_id = tim.post("/v1.0/agents", {"username": "tam@example.com", "password": PASSWORD}).json()["id"]
    key_id = tim.post("/v1.0/accesskeys", {}).json()["id"]
    billing_account_id = tim.get("/v1.0/billing_account").json()["id"]
    requests = [("POST", f"/v1.0/{kind}", {**body, **UNIQUE_FIELDS.get(kind, {})}) for kind, body in CREATE_BODIES.items()]
    for kind, path in ((kind, f"/v1.0/{kind}/{it}") for kind, it in row_ids.items()):
        update = {"notes": "late"} if kind == "contacts" else {"name": "late"}
        requests += [("PUT", path, update), ("DELETE", path, None)]
    agent_updates = {
        "": {"name": "late"}, "/permission": {"permission": 32}, "/password": {"password": f"{PASSWORD} 2"},
        "/status": {"status": "busy"}, "/addresses": {"addresses": [{"type": "tel", "target": "+15550005555"}]},
        "/tag_ids": {"tag_ids": [row_ids["tags"]]}}
    requests += [("PUT", f"/v1.0/agents/{agent_id}{suffix}", body) for suffix, body in agent_updates.items()]
    requests += [
        ("PUT", f"/v1.0/queues/{row_ids['queues']}/tag_ids", {"tag_ids": [row_ids["tags"]]}),
        ("POST", f"/v1.0/contacts/{row_ids['contacts']}/addresses", {"type": "tel", "target": "+15550006666"})]
    return requests + [
        ("DELETE", f"/v1.0/agents/{agent_id}", None), ("POST", "/v1.0/accesskeys", {}),
        ("PUT", f"/v1.0/accesskeys/{key_id}", {"name": "late"}), ("DELETE", f"/v1.0/accesskeys/{key_id}", None),
        ("PUT", f"/v1.0/billing_accounts/{billing_account_id}", {"name": "late"}),
        ("POST", "/v1.0/customer/webhook/rotate", {}),
        ("POST", f"/v1.0/transcribes/{row_ids['transcribes']}/stop", {}),
        ("POST", f"/v1.0/customers/{customer_id}/balance", {"balance_credit": 5})]


def writes_during_a_freeze(client):
    """Writes that find frozen gates, as if the account were frozen at that moment. The functions then reread the account."""
    customer_id, tim = client.create_verified_customer("tim")
    admin = ApiClient(client.emulator, client.login_as_platform_admin().token)
    requests = owned_row_writes(tim, customer_id)
    for number in range(8):
        gate = {"customer_id": {"S": customer_id}, "key": {"S": f"gate#{number}"}}
        update_row(client.emulator, "usage", gate, status="frozen")
    owner = ApiClient(client.emulator, tim.token)
    with ThreadPoolExecutor(8) as executor:
        responses = list(executor.map(lambda it: (admin if "/customers/" in it[1] else owner).request(*it), requests))
    wrong = [f"{request[:2]}: {response.status} {response.text}"
             for request, response in zip(requests, responses) if response.status != 503]
    assert not wrong, "\n".join(wrong)
    return f"{len(requests)} writes during a freeze"


def default_route(client):
    response = ApiClient(client.emulator).get("/v1.0/no-such-thing")
    assert response.status == 404 and "reason" in response.text, f"{response.status} {response.text}"
    RecordingClient.called_routes.add(("ANY", "$default"))
    return "an unknown path gets 404 and a reason"


def all_routes_were_called(template):
    uncalled = set(template.declared_routes())
    for method, path in RecordingClient.called_routes:
        # The routes of GET have the method ANY, so that they also match HEAD.
        exact = f"{'ANY' if method == 'GET' else method} {path}"
        matching = [it for it in uncalled if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{\w+\+\}", ".+", it)), exact)]
        uncalled -= {exact} if exact in matching else set(matching)
    uncalled.discard("$default")
    assert not uncalled, f"routes that were never called: {sorted(uncalled)}"
    return f"all {len(template.declared_routes())}"


def run(runner, emulator, template):
    client = RecordingClient(emulator)
    for name, check in (("signup and login", signup_and_login), ("pages", pages), ("platform admin", platform_admin),
                        ("own account", own_account), ("agents and access keys", agents_and_access_keys),
                        ("kinds", resource_kinds), ("writes of a delegate", writes_of_a_delegate), ("unregister", unregister_and_cancel),
                        ("default route", default_route)):
        runner.check(name, check, client)
    runner.check("new access keys", new_access_keys, client, template)
    runner.check("writes during a freeze", writes_during_a_freeze, client)
    runner.check("every route was called", all_routes_were_called, template)
