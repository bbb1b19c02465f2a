"""For each sampled function, a case that needs every statement of its role but the exempt ones."""

from datetime import datetime, timedelta

from api_client import ADMIN, PASSWORD, ApiClient
from scenarios import DAY, IMMEDIATE_DELETION, assert_erased, create_sample_rows, event_types_of, scan_rows
from stack import update_row

# The test password hashed with weaker parameters than today's: a login with it stores a new hash.
OUTDATED_HASH = "$argon2id$v=19$m=1024,t=1,p=1$bYFH4ZezAvM+Ppz37meG1A$z3zrhdvcT7bx/ebdXqHLJdEAIIyskoL9U93p1NlAQcw"


def pause_scheduler(emulator):
    emulator.request("POST", "/_e2e/scheduler", {"paused": True})


def customer_body(name):
    return {"username": name, "password": PASSWORD, "email": f"{name}@example.com", "name": name}


def assert_status(response, status):
    assert response.status == status, f"{response.status} {response.text}"


def admin_agent(emulator):
    (agent,) = [it for it in scan_rows(emulator, "agents") if "password_hash" in it]
    return agent


def login(emulator):
    client = ApiClient(emulator)
    assert_status(client.post("/auth/login", {"username": ADMIN, "password": "not the password"}), 401)
    agent = admin_agent(emulator)
    update_row(emulator, "agents", {name: agent[name] for name in ("customer_id", "id")}, password_hash=OUTDATED_HASH)
    admin = client.login_as_platform_admin()
    assert admin_agent(emulator)["password_hash"]["S"] != OUTDATED_HASH, "the outdated hash was not replaced"
    # The password of this administrator depends on an access key, which the login reads.
    program = ApiClient(emulator, admin.post("/v1.0/accesskeys", {}).ok()["token"])
    program.post("/v1.0/agents", {"username": "pam", "password": PASSWORD, "permission": 0x20}).ok()
    client.login("pam")


def create_customer(emulator):
    """Also sends a request with an access key, which gets 403 but records its use, and reuses the names of an overdue,
    unverified account."""
    client = ApiClient(emulator)
    admin = client.login_as_platform_admin()
    with_access_key = ApiClient(emulator, admin.post("/v1.0/accesskeys", {}).ok()["token"])
    assert_status(with_access_key.post("/v1.0/customers", customer_body("ann")), 403)
    for _ in range(2):
        admin.post("/v1.0/customers", customer_body("ann"), {"Idempotency-Key": "open-ann"}).ok()
    assert_status(admin.post("/v1.0/customers", customer_body("ann"), {"Idempotency-Key": "again"}), 409)
    admin.post("/v1.0/customers", {**customer_body("amy"), "username": "amy@elsewhere.example"}).ok()
    pause_scheduler(emulator)
    client.advance_clock(8 * DAY)
    client.login_as_platform_admin().post("/v1.0/customers", customer_body("ann")).ok()


def create_tag(emulator):
    """The last request finds frozen gates, as if the account were frozen at that moment. The function then rereads the
    account."""
    client = ApiClient(emulator)
    customer_id, tom = client.create_verified_customer("tom")
    with_access_key = ApiClient(emulator, tom.post("/v1.0/accesskeys", {}).ok()["token"])
    for caller in (tom, with_access_key):
        caller.post("/v1.0/tags", {"name": "vip"}, {"Idempotency-Key": "one"}).ok()
    assert_status(tom.post("/v1.0/tags", {"name": 7}, {"Idempotency-Key": "two"}), 400)
    # The audit log has what a platform admin does as the account's guest agent.
    delegation = {"customer_id": customer_id, "reason": "called about his tags"}
    delegated = client.login_as_platform_admin().post("/auth/delegate", delegation).ok()
    ApiClient(emulator, delegated["token"]).post("/v1.0/tags", {"name": "by a delegate"}).ok()
    for number in range(8):
        update_row(emulator, "usage", {"customer_id": {"S": customer_id}, "key": {"S": f"gate#{number}"}}, status="frozen")
    assert_status(tom.post("/v1.0/tags", {"name": "late"}), 503)


def update_contact(emulator):
    """Also changes a part of a contact. The last request finds frozen gates, as in create_tag."""
    client = ApiClient(emulator)
    customer_id, tom = client.create_verified_customer("tom")
    with_access_key = ApiClient(emulator, tom.post("/v1.0/accesskeys", {}).ok()["token"])
    contact, tag = (tom.post(f"/v1.0/{kind}", {}).json()["id"] for kind in ("contacts", "tags"))
    path = f"/v1.0/contacts/{contact}"
    for caller, target in ((tom, "+15550001111"), (with_access_key, "+15550003333")):
        added = caller.post(f"{path}/addresses", {"type": "tel", "target": target}, {"Idempotency-Key": "one"})
        assert_status(added, 201)
    assert_status(tom.post(f"{path}/addresses", {"type": "fax"}, {"Idempotency-Key": "two"}), 400)
    assert_status(with_access_key.post(f"{path}/tags", {"tag_id": tag}), 201)
    # A changed target releases a name and takes another one.
    tom.put(f"{path}/addresses/{added.json()['addresses'][0]['id']}", {"target": "+15550002222"}).ok()
    delegation = {"customer_id": customer_id, "reason": "called about his contact"}
    delegated = client.login_as_platform_admin().post("/auth/delegate", delegation).ok()
    ApiClient(emulator, delegated["token"]).delete(f"{path}/tags/{tag}").ok()
    for number in range(8):
        update_row(emulator, "usage", {"customer_id": {"S": customer_id}, "key": {"S": f"gate#{number}"}}, status="frozen")
    assert_status(tom.put(path, {"notes": "late"}), 503)


def unregister(emulator):
    client = ApiClient(emulator)
    _, una = client.create_verified_customer("una")
    response = una.post("/auth/unregister", {"password": "not the password"})
    assert response.status in (400, 401, 403), f"{response.status} {response.text}"
    with_access_key = ApiClient(emulator, una.post("/v1.0/accesskeys", {}).ok()["token"])
    una.put("/v1.0/customer", {"webhook_uri": "https://localhost/hook"}).ok()
    una.post("/auth/unregister", {"dry_run": True}).ok()
    with_access_key.post("/auth/unregister", {"confirmation_phrase": "DELETE"}).ok()
    client.login("una").post("/auth/unregister", IMMEDIATE_DELETION).ok()


def purge(emulator):
    client = ApiClient(emulator)
    customer_id, pia = client.create_verified_customer("pia")
    updated = pia.put("/v1.0/customer", {"webhook_uri": "https://localhost/hook"}).ok()["tm_update"]
    # Not after thirty days: the clock would stop at every retry of a webhook.
    deadline = (datetime.fromisoformat(updated) + timedelta(hours=1)).isoformat()
    client.login_as_platform_admin().post(f"/v1.0/customers/{customer_id}/freeze", {"tm_deletion_scheduled": deadline}).ok()
    client.advance_clock(3_660)
    customer = client.login_as_platform_admin().get(f"/v1.0/customers/{customer_id}").ok()
    assert customer["status"] == "deleted", "not purged"


def expire(emulator):
    client = ApiClient(emulator)
    customer_id = client.create_customer("eli")
    client.advance_clock(7 * DAY + 60)
    customer = client.login_as_platform_admin().get(f"/v1.0/customers/{customer_id}").ok()
    assert customer["status"] == "expired", "not expired"


def erase(emulator):
    client = ApiClient(emulator)
    customer_id, ira = client.create_verified_customer("ira")
    create_sample_rows(ira)
    client.post("/auth/password-forgot", {"username": "ira"}).ok()
    client.wait_until_idle()
    ira.post("/auth/unregister", IMMEDIATE_DELETION).ok()
    client.wait_until_idle()
    assert_erased(emulator, customer_id, "customer_deleted")


def mail(emulator):
    client = ApiClient(emulator)
    client.create_customer("meg")
    client.mailed_token("meg@example.com")
    _, max_ = client.create_verified_customer("max")
    max_.put("/v1.0/customer", {"email": "max2@example.com"}).ok()
    client.post("/auth/email-verify", {"token": client.mailed_token("max2@example.com")}).ok()
    # The agent's username gives way to the address of the next account.
    max_.post("/v1.0/agents", {"username": "mia@example.com", "password": PASSWORD, "permission": 0x10}).ok()
    client.create_verified_customer("mia")
    client.login("max").post("/auth/unregister", IMMEDIATE_DELETION).ok()
    client.wait_until_idle()
    subjects = {it["subject"] for it in emulator.request("GET", "/_local/mailbox")["result"]}
    for expected in ("Your e-mail address was changed", "A username was changed", "Your account is being deleted"):
        assert expected in subjects, f"{expected} in {subjects}"


def handle_requests(emulator):
    """Signs up three times with one address: the second time after the first account is overdue, and the third time before the
    second account is verified. Also signs up with the address of an unverified account of an operator, and requests password
    links."""
    client = ApiClient(emulator)
    signup = {"email": "sid@example.com", "accepted_tos": True}
    client.post("/auth/signup", signup).ok()
    first_token = client.mailed_token("sid@example.com")
    client.post("/auth/password-forgot", {"username": ADMIN}).ok()
    pause_scheduler(emulator)
    client.advance_clock(3_700)
    client.post("/auth/signup", signup).ok()
    second_token = client.mailed_token("sid@example.com")
    assert second_token != first_token, "the address is still taken"
    client.post("/auth/signup", signup).ok()
    assert client.mailed_token("sid@example.com") != second_token, "the repeated signup mailed no new link"
    client.create_customer("opal")
    first_token = client.mailed_token("opal@example.com")
    client.post("/auth/signup", {**signup, "email": "opal@example.com"}).ok()
    assert client.mailed_token("opal@example.com") != first_token, "the signup for an operator's account mailed no new link"
    # The expiry of an account that an operator created counts for the brake.
    client.create_customer("ova")
    client.advance_clock(8 * DAY)
    client.post("/auth/signup", {**signup, "email": "ova@example.com"}).ok()
    client.wait_until_idle()
    _, ron = client.create_verified_customer("ron")
    client.post("/auth/password-forgot", {"username": "ron"}).ok()
    client.mailed_token("ron@example.com")


def terminate_operations(emulator):
    client = ApiClient(emulator)
    customer_id, oda = client.create_verified_customer("oda")
    running = {"language": "en-US", "reference_type": "call", "reference_id": "0197a0b0-0000-7000-8000-000000000000"}
    oda.post("/v1.0/transcribes", running).ok()
    oda.post("/auth/unregister", {"password": PASSWORD}).ok()
    events = event_types_of(client, customer_id)
    assert "operations_terminate" in events and "transcribe_updated" in events, f"{events}"


def deliver_webhooks(emulator):
    """Delivers to a name that resolves to a private address, so that deliveries are retried. The last one is the deletion
    notice."""
    client = ApiClient(emulator)
    customer_id, wes = client.create_verified_customer("wes")
    wes.put("/v1.0/customer", {"webhook_uri": "https://localhost/hook"}).ok()
    wes.post("/v1.0/customer/webhook/endpoints", {"webhook_uri": "https://localhost/other"}).ok()
    wes.post("/v1.0/tags", {"name": "vip"}).ok()
    client.advance_clock(3_600)
    assert any(name.startswith("webhook-") for name in client.jobs()), "no retry is scheduled"
    client.login("wes").post("/auth/unregister", IMMEDIATE_DELETION).ok()
    client.advance_clock(7_200)
    assert_erased(emulator, customer_id, "customer_deleted")


def publish_events(emulator):
    client = ApiClient(emulator)
    customer_id, _ = client.create_verified_customer("tea")
    assert "customer_verified" in event_types_of(client, customer_id), "no event was published"


CASES = {
    "auth-login": login,
    "customers-create": create_customer,
    "tags-create": create_tag,
    "contacts-update": update_contact,
    "auth-unregister": unregister,
    "purge": purge,
    "expire": expire,
    "cascade": erase,
    "cascade-worker": erase,
    "mail": mail,
    "requests": handle_requests,
    "operations-terminate": terminate_operations,
    "webhook-deliver": deliver_webhooks,
    "customer-events": publish_events,
}

# Statements that this test cannot show to be needed: a part of the statement's summary, and the reason.
USED_BY_LAMBDA = "Lambda uses it on behalf of the function after three failed attempts; the emulator makes one attempt"
NO_RECEIVER = "no public receiver, which could answer 410, is reachable from the emulator"
CONCURRENT_CHANGE = "only a row that another request changes at the same time is read again"
USED_BY_S3 = "S3 uses the key on behalf of the function; the emulator does not encrypt"
LONG_EXPORT = "only an export that lasts longer than one invocation needs it"
LATE_FILE = "only a file that an export completed or began during the deletion is removed"
NOT_BEGUN = "only a deletion whose cascade has not begun needs it"
ONLY_SETS = "the port of the brake has one right to read it; this function only sets it"
NO_FAILURE = "only a message that failed becomes visible again before its time"
MANY_KEYS = "only an agent with more than 45 keys needs it"
EXEMPT_STATEMENTS = {
    "accesskeys-delete": {"dynamodb:GetItem on accesskeys": CONCURRENT_CHANGE},
    "agents-permission": {"dynamodb:Query on agents": MANY_KEYS},
    "webhook-deliver": {"dynamodb:PutItem on outbox": NO_RECEIVER},
    "purge": {"JobsDlq": USED_BY_LAMBDA},
    "expire": {"JobsDlq": USED_BY_LAMBDA},
    "remind": {"JobsDlq": USED_BY_LAMBDA},
    "cascade-worker": {"sqs:ChangeMessageVisibility": NO_FAILURE},
    "platform-deletions-set": {"dynamodb:GetItem on deletions": ONLY_SETS, "dynamodb:Query on usage": NOT_BEGUN},
    "export-create": {"dynamodb:GetItem on customers": CONCURRENT_CHANGE},
    "export-file": {"kms:Decrypt": USED_BY_S3},
    "export-worker": {
        "kms:Decrypt, kms:GenerateDataKey": USED_BY_S3, "s3:ListBucket": LATE_FILE, "sqs:SendMessage": LONG_EXPORT},
    "reconcile": {"s3:AbortMultipartUpload": LATE_FILE},
    **{function: {"dynamodb:GetItem on customers": CONCURRENT_CHANGE} for function in (
        "auth-unregister", "auth-unregister-cancel", "customer-billing-account", "customer-email-change-delete",
        "customers-billing-account", "customers-delete", "customers-freeze", "customers-plan", "customers-recover", "customers-hold-set",
        "customers-update", "webhook-endpoints")},
    "customers-hold-release": {
        "dynamodb:GetItem on customers": CONCURRENT_CHANGE, "dynamodb:Query on usage": NOT_BEGUN},
    "customer-events": {"failedstreamrecords": USED_BY_LAMBDA, "kms:GenerateDataKey": USED_BY_LAMBDA},
}
