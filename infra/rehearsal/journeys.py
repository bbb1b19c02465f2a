"""What no request waits for: jobs, streams, rules, queues and the functions behind them, on a clock that is moved."""

import json

from service import PASSWORD, Service
from stack import PREFIX, STACK

DAY = 86_400
ENDED = {"password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": True}


def invoke(cloud, function, payload):
    """Invokes a function as an operator does, and answers what it answers."""
    answer = cloud.client("lambda").invoke(FunctionName=f"{STACK}-{function}", Payload=json.dumps(payload))
    said = answer["Payload"].read().decode()
    assert "FunctionError" not in answer, f"{function}: {said}"
    return json.loads(said or "null")


def rows(cloud, table):
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=PREFIX + table, ConsistentRead=True)
    return [row for page in pages for row in page["Items"]]


def tables(cloud):
    return [name.removeprefix(PREFIX) for name in cloud.client("dynamodb").list_tables()["TableNames"]]


def holding(cloud, account):
    """By table, how many rows name an account."""
    found = {name: sum(account in json.dumps(row) for row in rows(cloud, name)) for name in tables(cloud)}
    return {name: count for name, count in found.items() if count}


def told(service, account):
    service.idle()
    mine = [it for it in service.events() if it["detail"]["customer_id"] == account]
    return [it["detail-type"] for it in reversed(mine)]


def times(cloud, function):
    return cloud.ask("GET", "/_rehearsal/report")["invoked"].get(f"{STACK}-{function}", {"times": 0})["times"]


def furnish(client):
    """Something in as many tables as one request each fills."""
    client.post("/v1.0/tags", {"name": "vip"}, {"Idempotency-Key": "furnish"}).ok()
    client.post("/v1.0/numbers", {"number": "+15550003333"}).ok()
    client.post("/v1.0/contacts", {"first_name": "Zoe"})
    client.post("/v1.0/accesskeys", {}).ok()
    client.post("/v1.0/transcribes", {"language": "en-US"}).ok()
    client.put("/v1.0/customer", {"webhook_uri": "https://10.0.0.1/hook"}).ok()
    client.idle()


def assert_erased(cloud, account, last_event):
    service = Service(cloud)
    events = told(service, account)
    assert events[-1] == "customer_erased" and last_event in events, f"{events}"
    left = holding(cloud, account)
    allowed = {"customers", "deletions", "idempotency"}
    assert set(left) <= allowed and left.get("customers") == 1, f"rows are left: {left}"
    (row,) = [it for it in rows(cloud, "customers") if it["id"]["S"] == account]
    assert "@" not in json.dumps(row), f"something personal is left: {row}"
    ledger = [it for it in rows(cloud, "deletions") if it["customer_id"]["S"] == account]
    assert any("tm_sealed" in it for it in ledger), f"the ledger is not sealed: {ledger}"
    return len(ledger)


def purge(cloud):
    service = Service(cloud)
    account, pat = service.tenant("pat")
    furnish(pat)
    pat.post("/auth/unregister", {"password": PASSWORD}).ok()
    job = f"purge-{account}-1"
    assert job in service.jobs(), f"no job among {list(service.jobs())}"
    service.advance(30 * DAY - 60)
    assert service.operator().get(f"/v1.0/customers/{account}").ok()["status"] == "frozen", "purged too early"
    before = times(cloud, "purge")
    service.advance(120)
    assert times(cloud, "purge") == before + 1, "the Scheduler has not invoked purge"
    assert job not in service.jobs(), "the job is still there"
    assert service.operator().get(f"/v1.0/customers/{account}").ok()["status"] == "deleted", "not purged"
    count = assert_erased(cloud, account, "customer_deleted")
    return f"frozen, thirty days, Scheduler, purge, stream, bus, queues, a ledger of {count} rows sealed"


def expiry(cloud):
    service = Service(cloud)
    account = service.open_account("eve")
    assert f"expire-{account}" in service.jobs(), "no job"
    before = times(cloud, "expire")
    service.advance(7 * DAY + 60)
    assert times(cloud, "expire") == before + 1, "the Scheduler has not invoked expire"
    assert service.operator().get(f"/v1.0/customers/{account}").ok()["status"] == "expired", "not expired"
    assert_erased(cloud, account, "customer_expired")
    service.open_account("eve")
    return "what nobody verified expires, is erased, and its names are free"


def immediate(cloud):
    service = Service(cloud)
    account, kim = service.tenant("kim")
    furnish(kim)
    kim.post("/auth/unregister", ENDED).ok()
    assert "operations_terminate" in told(service, account), "what ran for it was not ended"
    assert_erased(cloud, account, "customer_deleted")
    return "deleted at once, what ran for it ended, erased"


def webhooks(cloud):
    """A stack that is deployed never connects to where it runs itself."""
    service = Service(cloud)
    _, wim = service.tenant("wim")
    seen = []
    for uri in ("http://127.0.0.1/hook", "https://[::1]/hook", "http://169.254.169.254/latest/meta-data/"):
        wim.put("/v1.0/customer", {"webhook_uri": uri}).ok()
        service.idle()
        newest = wim.get("/v1.0/customer/webhook/deliveries").ok()["result"][0]
        assert (newest["error"], newest["status_code"]) == ("refused", None), f"{uri}: {newest}"
        seen.append(newest["id"])
    assert len(set(seen)) == len(seen), "a destination was not told of itself"
    return "deliveries to this machine and its network are refused, and noted"


def retries(cloud):
    """A name that leads inside may lead elsewhere later, so it is tried again: soon by its queue, later by a job."""
    service = Service(cloud)
    _, rob = service.tenant("rob")
    rob.put("/v1.0/customer", {"webhook_uri": "https://localhost/hook"}).ok()
    service.advance(3_600)
    rob = service.login("rob")
    newest = rob.get("/v1.0/customer/webhook/deliveries").ok()["result"][0]
    assert newest["attempts"] > 2 and newest["error"] == "refused", f"{newest}"
    assert any(name.startswith("webhook-") for name in service.jobs()), f"no job among {list(service.jobs())}"
    return f"{newest['attempts']} attempts within an hour"


def operators(cloud):
    account, _ = Service(cloud).tenant("rex")
    invoke(cloud, "reconcile", {})
    invoke(cloud, "reconcile", {"recount": account})
    invoke(cloud, "platform-setup", {"rotate": True})
    Service(cloud).operator().get("/v1.0/customers").ok()
    return "reconcile, a recount, and new keys to sign with"


def run(report, cloud):
    for name, journey in (("purge", purge), ("expiry", expiry), ("immediate deletion", immediate),
                          ("webhooks inside", webhooks), ("webhooks tried again", retries),
                          ("what operators invoke", operators)):
        report.check(name, journey, cloud)
