"""Every route of the template, called once and more in the life of two accounts, each answered by its own function."""

import itertools
import re
from concurrent.futures import ThreadPoolExecutor

from service import PASSWORD, Service
from stack import write

NOBODY = "5e4a0680-804e-11ec-8477-2fea5968d85b"

KINDS = {
    "numbers": {"number": "+15550001111"}, "flows": {}, "queues": {"name": "Sales"}, "trunks": {"domain_name": "voice"},
    "extensions": {"extension": "100", "password": "dial-it-well"}, "storage_files": {"name": "greeting"},
    "tags": {"name": "vip"}, "transcribes": {"language": "en-US"}, "contacts": {"first_name": "Ann"},
}
# What a second row must not share with the first.
OTHER = {"numbers": {"number": "+15550004444"}, "extensions": {"extension": "101"}, "trunks": {"domain_name": "other"}}


class Recorder(Service):
    """Notes what was called, and insists on success."""

    called, posts = set(), itertools.count()

    def call(self, method, path, body=None, headers=None):
        answer = super().call(method, path, body, headers)
        self.called.add((method, path.split("?")[0]))
        assert answer.status in (200, 201), f"{method} {path}: {answer.status} {answer.text}"
        return answer

    def post(self, path, body=None, headers=None):
        """Each with a key of its own, so that the right to keep its answer is needed as well."""
        key = {"Idempotency-Key": f"rehearsal-{next(self.posts)}"}
        return super().post(path, body, {**key, **(headers or {})})

    def login(self, username, password=PASSWORD):
        token = self.post("/auth/login", {"username": username, "password": password}).json()["token"]
        return Recorder(self.cloud, token)


def getting_in(service):
    service.get("/ping")
    service.post("/auth/signup", {"email": "sam@example.com", "accepted_tos": True})
    token = service.mailed_token("sam@example.com")
    service.get(f"/auth/email-verify?token={token}")
    service.post("/auth/email-verify", {"token": token})
    service.post("/auth/password-forgot", {"username": "sam@example.com"})
    token = service.mailed_token("sam@example.com")
    service.get(f"/auth/password-reset?token={token}")
    service.post("/auth/password-reset", {"token": token, "password": PASSWORD})
    sam = service.login("sam@example.com")
    sam.get("/v1.0/me")
    sam.post("/auth/logout")
    return "signing up, links of mails, a password that was forgotten"


def operating(service):
    operator = service.operator()
    account = service.open_account("olga")
    at = f"/v1.0/customers/{account}"
    service.post("/auth/email-verify", {"token": service.mailed_token("olga@example.com")})
    operator.get("/v1.0/customers")
    operator.get(at)
    operator.put(at, {"name": "Olga Ltd"})
    operator.put(f"{at}/plan", {"plan": "professional"})
    operator.post(f"{at}/balance", {"balance_credit": 5})
    operator.post("/auth/delegate", {"customer_id": account, "reason": "called about her bill"})
    operator.post(f"{at}/freeze")
    operator.post(f"{at}/recover")
    operator.delete(at)
    return "an operator opens, changes, freezes, recovers and deletes an account"


def own_account(service):
    customer, ann = service.tenant("ann")
    ann.get("/v1.0/customer")
    ann.put("/v1.0/customer", {"name": "Ann Ltd", "webhook_uri": "https://127.0.0.1/hook"})
    ann.get("/v1.0/customer/usage")
    account = ann.get("/v1.0/billing_account").json()["id"]
    # There is one for now, so it takes a hand to make a change of this.
    write(service.cloud, "customers", {"id": {"S": customer}}, billing_account_id=NOBODY)
    ann.put("/v1.0/customer/billing_account_id", {"billing_account_id": account})
    ann.get("/v1.0/billing_accounts")
    ann.get(f"/v1.0/billing_accounts/{account}")
    ann.put(f"/v1.0/billing_accounts/{account}", {"name": "Main"})
    hook = "/v1.0/customer/webhook"
    ann.get(hook)
    ann.post(f"{hook}/rotate")
    delivery = ann.post(f"{hook}/test").json()["id"]
    ann.idle()
    ann.get(f"{hook}/deliveries")
    ann.post(f"{hook}/deliveries/{delivery}/redeliver")
    ann.idle()
    return "the own account, its billing and its webhook"


def people(service):
    ann = service.login("ann")
    agent = ann.post("/v1.0/agents", {"username": "bob@example.com", "password": PASSWORD}).json()["id"]
    at = f"/v1.0/agents/{agent}"
    ann.get("/v1.0/agents")
    ann.get(at)
    ann.put(at, {"name": "Bob"})
    ann.put(f"{at}/permission", {"permission": 32})
    ann.put(f"{at}/password", {"password": f"{PASSWORD} 2"})
    ann.put(f"{at}/status", {"status": "busy"})
    ann.put(f"{at}/addresses", {"addresses": [{"type": "tel", "target": "+15550002222"}]})
    tag = ann.post("/v1.0/tags", {"name": "sales"}).json()["id"]
    ann.put(f"{at}/tag_ids", {"tag_ids": [tag]})
    ann.delete(at)
    key = ann.post("/v1.0/accesskeys", {"name": "robot"}).json()
    program = Recorder(service.cloud, key["token"])
    program.get("/v1.0/accesskeys")
    program.get("/v1.0/me")
    at = f"/v1.0/accesskeys/{key['id']}"
    ann.get(at)
    ann.put(at, {"name": "android"})
    ann.delete(at)
    return "agents and access keys"


def kinds(service):
    ann = service.login("ann")
    flow, tag = (ann.post(f"/v1.0/{kind}", {}).json()["id"] for kind in ("flows", "tags"))
    leads = {"flows": {"on_complete_flow_id": flow}, "queues": {"tag_ids": [tag]}, "contacts": {"tag_ids": [tag]}}
    for kind, body in KINDS.items():
        made = ann.post(f"/v1.0/{kind}", body).json()["id"]
        at = f"/v1.0/{kind}/{made}"
        ann.get(f"/v1.0/{kind}")
        ann.get(at)
        ann.put(at, leads.get(kind, {"name": "other"}))
        if kind == "transcribes":
            ann.post(f"{at}/stop")
        ann.delete(at)
    return f"{len(KINDS)} kinds: made, listed, read, changed, removed"


def leaving(service):
    ann = service.login("ann")
    ann.post("/auth/unregister", {"password": PASSWORD})
    service.login("ann").delete("/auth/unregister")
    return "unregistering and calling it off"


def programs(service, template):
    """Every route once more, by a program that has not been seen today: that it was is noted, whatever comes of the request."""
    ann, count = service.login("ann"), 0
    for method, _, path in (it.partition(" ") for it in template.declared_routes() if "/" in it):
        key = ann.post("/v1.0/accesskeys", {}).json()
        program = Service(service.cloud, key["token"])
        body = {} if method in ("POST", "PUT") else None
        answer = program.call(method, path.replace("{id}", NOBODY), body)
        assert answer.status < 500, f"{method} {path}: {answer.status} {answer.text}"
        ann.delete(f"/v1.0/accesskeys/{key['id']}")
        count += 1
    return f"{count} routes by programs"


def late_calls(tim, account):
    """Every request that writes to what an account owns, on rows that are there."""
    made = {kind: tim.post(f"/v1.0/{kind}", body).json()["id"] for kind, body in KINDS.items()}
    agent = tim.post("/v1.0/agents", {"username": "tam@example.com", "password": PASSWORD}).json()["id"]
    key = tim.post("/v1.0/accesskeys", {}).json()["id"]
    billing = tim.get("/v1.0/billing_account").json()["id"]
    calls = [("POST", f"/v1.0/{kind}", {**body, **OTHER.get(kind, {})}) for kind, body in KINDS.items()]
    for kind, at in ((kind, f"/v1.0/{kind}/{it}") for kind, it in made.items()):
        calls += [("PUT", at, {"notes": "late"} if kind == "contacts" else {"name": "late"}), ("DELETE", at, None)]
    changes = {"": {"name": "late"}, "/permission": {"permission": 32}, "/password": {"password": f"{PASSWORD} 2"},
               "/status": {"status": "busy"}, "/addresses": {"addresses": [{"type": "tel", "target": "+15550005555"}]},
               "/tag_ids": {"tag_ids": [made["tags"]]}}
    calls += [("PUT", f"/v1.0/agents/{agent}{part}", body) for part, body in changes.items()]
    return calls + [
        ("DELETE", f"/v1.0/agents/{agent}", None), ("POST", "/v1.0/accesskeys", {}),
        ("PUT", f"/v1.0/accesskeys/{key}", {"name": "late"}), ("DELETE", f"/v1.0/accesskeys/{key}", None),
        ("PUT", f"/v1.0/billing_accounts/{billing}", {"name": "late"}), ("POST", "/v1.0/customer/webhook/rotate", {}),
        ("POST", f"/v1.0/transcribes/{made['transcribes']}/stop", {}),
        ("POST", f"/v1.0/customers/{account}/balance", {"balance_credit": 5})]


def meanwhile(service):
    """What is written at the moment at which its account is frozen: its gates are shut, and the account is read again."""
    account, tim = service.tenant("tim")
    operator = Service(service.cloud, service.operator().token)
    calls = late_calls(tim, account)
    for number in range(8):
        write(service.cloud, "usage", {"customer_id": {"S": account}, "key": {"S": f"gate#{number}"}}, status="frozen")
    late = Service(service.cloud, tim.token)
    with ThreadPoolExecutor(8) as several:
        answers = list(several.map(lambda it: (operator if "/customers/" in it[1] else late).call(*it), calls))
    wrong = [f"{call[:2]}: {it.status} {it.text}" for call, it in zip(calls, answers) if it.status != 503]
    assert not wrong, "\n".join(wrong)
    return f"{len(calls)} requests that came too late"


def unknown(service):
    answer = Service(service.cloud).get("/v1.0/no-such-thing")
    assert answer.status == 404 and "reason" in answer.text, f"{answer.status} {answer.text}"
    Recorder.called.add(("ANY", "$default"))
    return "the default route says what is not there"


def all_called(template):
    routes = set(template.declared_routes())
    for method, path in Recorder.called:
        matching = [it for it in routes if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", it), f"{method} {path}")]
        exact = f"{method} {path}"
        routes -= {exact} if exact in matching else set(matching)
    routes.discard("$default")
    assert not routes, f"never called: {sorted(routes)}"
    return f"all {len(template.declared_routes())}"


def run(report, cloud, template):
    service = Recorder(cloud)
    for name, part in (("getting in", getting_in), ("operators", operating), ("the own account", own_account),
                       ("people", people), ("kinds", kinds), ("leaving", leaving), ("elsewhere", unknown)):
        report.check(name, part, service)
    report.check("programs", programs, service, template)
    report.check("too late", meanwhile, service)
    report.check("no route was left out", all_called, template)
