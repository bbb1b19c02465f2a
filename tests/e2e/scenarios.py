"""Scenarios that go beyond single requests: scheduled jobs, streams, rules, queues and their functions. They use the adjustable
clock."""

import json
import os
import pathlib
import subprocess
import tempfile

from api_client import PASSWORD, ApiClient
from stack import STACK, TABLE_PREFIX, update_row

DAY = 86_400
IMMEDIATE_DELETION = {"password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": True}


def invoke(emulator, function, payload):
    """Invokes a function directly, as an operator with access to the AWS account does with the AWS CLI. Returns its result."""
    response = emulator.aws_client("lambda").invoke(FunctionName=f"{STACK}-{function}", Payload=json.dumps(payload))
    result = response["Payload"].read().decode()
    assert "FunctionError" not in response, f"{function}: {result}"
    return json.loads(result or "null")


def scan_rows(emulator, table):
    pages = emulator.aws_client("dynamodb").get_paginator("scan").paginate(
        TableName=TABLE_PREFIX + table, ConsistentRead=True)
    return [row for page in pages for row in page["Items"]]


def table_names(emulator):
    return [name.removeprefix(TABLE_PREFIX) for name in emulator.aws_client("dynamodb").list_tables()["TableNames"]]


def count_rows_of(emulator, customer_id):
    """The number of rows that contain a customer id, for each table that has any."""
    counts = {name: sum(customer_id in json.dumps(row, default=repr) for row in scan_rows(emulator, name))
              for name in table_names(emulator)}
    return {name: count for name, count in counts.items() if count}


def event_types_of(client, customer_id):
    """The types of a customer's events, oldest first."""
    client.wait_until_idle()
    events = [it for it in client.events() if it["detail"]["customer_id"] == customer_id]
    return [it["detail-type"] for it in reversed(events)]


def invocation_count(emulator, function):
    invocations = emulator.request("GET", "/_e2e/report")["invocations"]
    return invocations.get(f"{STACK}-{function}", {"invoked": 0})["invoked"]


def create_sample_rows(client):
    """Creates rows in several tables, an export, and a webhook destination that is refused."""
    client.post("/v1.0/tags", {"name": "vip"}, {"Idempotency-Key": "sample"}).ok()
    client.post("/v1.0/numbers", {"number": "+15550003333"}).ok()
    contact = client.post("/v1.0/contacts", {"first_name": "Zoe"})
    assert contact.status == 201, f"{contact.status} {contact.text}"
    client.post("/v1.0/accesskeys", {}).ok()
    client.post("/v1.0/transcribes", {"language": "en-US"}).ok()
    # An account of an earlier release may have such a URL. It is refused for good, so nothing waits for a retry.
    customer_id = client.put("/v1.0/customer", {"webhook_uri": "https://localhost/hook"}).ok()["id"]
    update_row(client.emulator, "customers", {"id": {"S": customer_id}}, webhook_uri="https://10.0.0.1/hook")
    # The file of the export is deleted with the account.
    export = client.post("/v1.0/customer/export", {})
    assert export.status == 202, f"{export.status} {export.text}"
    client.wait_until_idle()


def assert_erased(emulator, customer_id, expected_event):
    """Asserts that only the anonymised customer, the ledger, its link and idempotency records remain. Returns the ledger's size."""
    events = event_types_of(ApiClient(emulator), customer_id)
    assert events[-1] == "customer_erased" and expected_event in events, f"{events}"
    counts = count_rows_of(emulator, customer_id)
    allowed = {"customers", "deletion_links", "deletions", "idempotency"}
    assert set(counts) <= allowed and counts.get("customers") == 1, f"rows remain: {counts}"
    (row,) = [it for it in scan_rows(emulator, "customers") if it["id"]["S"] == customer_id]
    assert "@" not in json.dumps(row, default=repr), f"personal data remains: {row}"
    ledger = [it for it in scan_rows(emulator, "deletions") if it["customer_id"]["S"] == customer_id]
    assert any("tm_sealed" in it for it in ledger), f"the ledger is not complete: {ledger}"
    return len(ledger)


def assert_receipt_verifies(client, customer_id):
    """Asserts that the deletion is confirmed, and that three programs verify its receipt with the published keys."""
    client.advance_clock(1800)
    deletion = client.login_as_platform_admin().get(f"/v1.0/customers/{customer_id}/deletion").ok()
    assert deletion["state"] == "confirmed", f"{deletion}"
    with tempfile.TemporaryDirectory() as folder:
        receipt, keys = pathlib.Path(folder, "receipt.jwt"), pathlib.Path(folder, "jwks.json")
        receipt.write_text(deletion["receipt"])
        keys.write_text(json.dumps(client.get("/.well-known/jwks.json").ok()))
        # Without the preloaded clock of this process.
        environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        verify = pathlib.Path(__file__).parent.parent / "receipts" / "verify.sh"
        subprocess.run([verify, receipt, keys], env=environment, check=True)


def purge(emulator):
    client = ApiClient(emulator)
    customer_id, pat = client.create_verified_customer("pat")
    create_sample_rows(pat)
    pat.post("/auth/unregister", {"password": PASSWORD}).ok()
    job = f"purge-{customer_id}-1"
    assert job in client.jobs(), f"{job} is not scheduled: {list(client.jobs())}"
    client.advance_clock(30 * DAY - 60)
    customer = client.login_as_platform_admin().get(f"/v1.0/customers/{customer_id}").ok()
    assert customer["status"] == "frozen", "purged too early"
    before = invocation_count(emulator, "purge")
    client.advance_clock(120)
    assert invocation_count(emulator, "purge") == before + 1, "the Scheduler did not invoke purge"
    assert job not in client.jobs(), f"{job} is still scheduled"
    customer = client.login_as_platform_admin().get(f"/v1.0/customers/{customer_id}").ok()
    assert customer["status"] == "deleted", "not purged"
    ledger_rows = assert_erased(emulator, customer_id, "customer_deleted")
    assert_receipt_verifies(client, customer_id)
    return f"frozen for thirty days, purged by the Scheduler, erased by the cascade; the ledger has {ledger_rows} rows, and " \
        "its receipt verifies with PyJWT, jose and custodianctl"


def expiry(emulator):
    client = ApiClient(emulator)
    customer_id = client.create_customer("eve")
    assert f"expire-{customer_id}" in client.jobs(), "expire is not scheduled"
    before = invocation_count(emulator, "expire")
    client.advance_clock(7 * DAY + 60)
    assert invocation_count(emulator, "expire") == before + 1, "the Scheduler did not invoke expire"
    customer = client.login_as_platform_admin().get(f"/v1.0/customers/{customer_id}").ok()
    assert customer["status"] == "expired", "not expired"
    assert_erased(emulator, customer_id, "customer_expired")
    client.create_customer("eve")
    return "an unverified account expires and is erased, and its names are free again"


def immediate_deletion(emulator):
    client = ApiClient(emulator)
    customer_id, kim = client.create_verified_customer("kim")
    create_sample_rows(kim)
    kim.post("/auth/unregister", IMMEDIATE_DELETION).ok()
    assert "operations_terminate" in event_types_of(client, customer_id), "its running operations were not terminated"
    assert_erased(emulator, customer_id, "customer_deleted")
    return "deleted at once, running operations terminated, rows erased"


def held(emulator):
    """A hold stops a cascade and keeps an overdue account. Its release continues both."""
    client = ApiClient(emulator)
    admin = client.login_as_platform_admin()
    customer_id, hal = client.create_verified_customer("hal")
    create_sample_rows(hal)
    path = f"/v1.0/customers/{customer_id}"
    link = hal.post("/auth/unregister", IMMEDIATE_DELETION).headers["Link"].split("<")[1].split(">")[0]
    admin.put(f"{path}/hold", {"reason": "a court order"}).ok()
    admin.get(f"{path}/hold").ok()
    client.wait_until_idle()
    assert admin.get(f"{path}/deletion").ok()["state"] == client.get(link).ok()["state"] == "held"
    admin.delete(f"{path}/hold").ok()
    assert_erased(emulator, customer_id, "customer_deleted")

    overdue, hub = client.create_verified_customer("hub")
    hub.put("/v1.0/customer", {"webhook_uri": "https://localhost/hook"}).ok()
    hub.post("/auth/unregister", {"password": PASSWORD}).ok()
    unverified = client.create_customer("hue")
    for it in (overdue, unverified):
        admin.put(f"/v1.0/customers/{it}/hold", {"reason": "a court order"}).ok()
    emulator.request("POST", "/_e2e/scheduler", {"paused": True})
    client.advance_clock(31 * DAY)
    emulator.request("POST", "/_e2e/scheduler", {"paused": False})
    admin = client.login_as_platform_admin()
    for it, status in ((overdue, "deleted"), (unverified, "expired")):
        admin.delete(f"/v1.0/customers/{it}/hold").ok()
        assert admin.get(f"/v1.0/customers/{it}").ok()["status"] == status
    # The deletion waits an hour for the deletion notice, which its endpoint does not take.
    client.advance_clock(7_200)
    for it, status in ((overdue, "deleted"), (unverified, "expired")):
        assert_erased(emulator, it, f"customer_{status}")
    return "a cascade stops and continues, and the release deletes and expires overdue accounts"


def braked(emulator):
    """The brake stops a cascade, and its release resumes it."""
    client = ApiClient(emulator)
    admin = client.login_as_platform_admin()
    customer_id, bob = client.create_verified_customer("bob")
    create_sample_rows(bob)
    bob.post("/auth/unregister", IMMEDIATE_DELETION).ok()
    admin.put("/v1.0/platform/deletions", {"paused": True, "reason": "an incident"}).ok()
    client.wait_until_idle()
    state = admin.get(f"/v1.0/customers/{customer_id}/deletion").ok()["state"]
    restore = admin.post("/v1.0/platform/restore", {"table": "all"})
    admin.put("/v1.0/platform/deletions", {"paused": False}).ok()
    assert (state, restore.status) == ("held", 409), f"{state} {restore.status} {restore.text}"
    assert_erased(emulator, customer_id, "customer_deleted")
    return "a cascade stops and continues"


def restored(emulator):
    """A restore run deletes a restored account again, and schedules the deadline of a frozen one."""
    client = ApiClient(emulator)
    customer_id, ria = client.create_verified_customer("ria")
    create_sample_rows(ria)
    restored_row = [row for row in scan_rows(emulator, "customers") if row["id"]["S"] == customer_id]
    ria.post("/auth/unregister", IMMEDIATE_DELETION).ok()
    assert_erased(emulator, customer_id, "customer_deleted")
    emulator.aws_client("dynamodb").put_item(TableName=TABLE_PREFIX + "customers", Item=restored_row[0])
    client.wait_until_idle()
    _, ren = client.create_verified_customer("ren")
    ren.post("/auth/unregister", {"password": PASSWORD}).ok()

    admin, body = client.login_as_platform_admin(), {"table": "customers"}
    terminated, scheduled = 0, 0
    while body.get("start", "the first request"):
        report = admin.post("/v1.0/platform/restore", body).ok()
        terminated, scheduled = terminated + report["ended"], scheduled + report["scheduled"]
        body["start"] = report["next"]
    assert terminated == 1 and scheduled > 0, f"{terminated} accounts terminated, {scheduled} jobs scheduled"
    assert_erased(emulator, customer_id, "customer_deleted")
    return f"the restored account {customer_id} is deleted again, and {scheduled} jobs are scheduled again"


def refused_webhooks(emulator):
    """A deployed stack never sends a webhook into its own network."""
    client = ApiClient(emulator)
    customer_id, wim = client.create_verified_customer("wim")
    for uri in ("http://127.0.0.1/hook", "https://[::1]/hook", "http://169.254.169.254/latest/meta-data/"):
        response = wim.put("/v1.0/customer", {"webhook_uri": uri})
        assert response.status == 400 and "webhook_uri" in response.text, f"{uri}: {response.status} {response.text}"
        # An account of an earlier release may still have such a URL.
        update_row(emulator, "customers", {"id": {"S": customer_id}}, webhook_uri=uri)
        wim.post("/v1.0/customer/webhook/test", {}).ok()
        client.wait_until_idle()
        newest = wim.get("/v1.0/customer/webhook/deliveries").ok()["result"][0]
        assert (newest["error"], newest["status_code"]) == ("refused", None), f"{uri}: {newest}"
    return "loopback and link-local addresses are refused when they are set and when a webhook is sent"


def webhook_retries(emulator):
    """A name that resolves to a private address may resolve to a public one later, so the delivery is retried: first through
    the queue, later by scheduled jobs."""
    client = ApiClient(emulator)
    _, rob = client.create_verified_customer("rob")
    rob.put("/v1.0/customer", {"webhook_uri": "https://localhost/hook"}).ok()
    client.advance_clock(3_600)
    rob = client.login("rob")
    newest = rob.get("/v1.0/customer/webhook/deliveries").ok()["result"][0]
    assert newest["attempts"] > 2 and newest["error"] == "no_public_address", f"{newest}"
    assert any(name.startswith("webhook-") for name in client.jobs()), f"no retry is scheduled: {list(client.jobs())}"
    return f"{newest['attempts']} attempts within an hour"


def operator_invocations(emulator):
    customer_id, _ = ApiClient(emulator).create_verified_customer("rex")
    invoke(emulator, "reconcile", {})
    invoke(emulator, "reconcile", {"recount": customer_id})
    invoke(emulator, "reconcile", {"restore": {"table": "all"}})
    invoke(emulator, "platform-setup", {"rotate": True})
    ApiClient(emulator).login_as_platform_admin().get("/v1.0/customers").ok()
    return "reconcile, a recount and a rotation of the signing keys"


def run(runner, emulator):
    for name, scenario in (("purge", purge), ("expiry", expiry), ("immediate deletion", immediate_deletion),
                           ("holds", held), ("the brake", braked), ("a restore run", restored),
                           ("refused webhooks", refused_webhooks), ("webhook retries", webhook_retries),
                           ("direct invocations by an operator", operator_invocations)):
        runner.check(name, scenario, emulator)
