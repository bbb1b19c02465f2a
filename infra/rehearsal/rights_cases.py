"""What each sampled function has to be able to do: for each a case that needs every one of its rights."""

from journeys import DAY, ENDED, assert_erased, furnish, rows, told
from service import ADMIN, PASSWORD, Service
from stack import write

# The tests' password, hashed with less effort than is made today: whoever logs in with it gets a new hash.
OUTDATED = "$argon2id$v=19$m=1024,t=1,p=1$bYFH4ZezAvM+Ppz37meG1A$z3zrhdvcT7bx/ebdXqHLJdEAIIyskoL9U93p1NlAQcw"


def held(cloud, is_held):
    cloud.ask("POST", "/_rehearsal/hold", {"held": is_held})


def opening(name):
    return {"username": name, "password": PASSWORD, "email": f"{name}@example.com", "name": name}


def refused(answer, status):
    assert answer.status == status, f"{answer.status} {answer.text}"


def log_in(cloud):
    service = Service(cloud)
    refused(service.post("/auth/login", {"username": ADMIN, "password": "not the password"}), 401)
    (admin,) = [it for it in rows(cloud, "agents") if "password_hash" in it]
    write(cloud, "agents", {name: admin[name] for name in ("customer_id", "id")}, password_hash=OUTDATED)
    service.operator()
    (admin,) = [it for it in rows(cloud, "agents") if "password_hash" in it]
    assert admin["password_hash"]["S"] != OUTDATED, "the outdated hash was kept"


def create_customer(cloud):
    """The second time, with the names of one that should have expired by then. A program may not, but shows that it is used."""
    service = Service(cloud)
    operator = service.operator()
    program = Service(cloud, operator.post("/v1.0/accesskeys", {}).ok()["token"])
    refused(program.post("/v1.0/customers", opening("ann")), 403)
    for _ in range(2):
        operator.post("/v1.0/customers", opening("ann"), {"Idempotency-Key": "open-ann"}).ok()
    refused(operator.post("/v1.0/customers", opening("ann"), {"Idempotency-Key": "again"}), 409)
    held(cloud, True)
    service.advance(8 * DAY)
    service.operator().post("/v1.0/customers", opening("ann")).ok()


def create_tag(cloud):
    """In the end with gates that are shut, as when the account is frozen at that very moment: then it is read again."""
    service = Service(cloud)
    account, tom = service.tenant("tom")
    program = Service(cloud, tom.post("/v1.0/accesskeys", {}).ok()["token"])
    for client in (tom, program):
        client.post("/v1.0/tags", {"name": "vip"}, {"Idempotency-Key": "one"}).ok()
    refused(tom.post("/v1.0/tags", {"name": 7}, {"Idempotency-Key": "two"}), 400)
    for number in range(8):
        write(cloud, "usage", {"customer_id": {"S": account}, "key": {"S": f"gate#{number}"}}, status="frozen")
    refused(tom.post("/v1.0/tags", {"name": "late"}), 503)


def unregister(cloud):
    service = Service(cloud)
    _, una = service.tenant("una")
    wrong = una.post("/auth/unregister", {"password": "not the password"})
    assert wrong.status in (400, 401, 403), f"{wrong.status} {wrong.text}"
    program = Service(cloud, una.post("/v1.0/accesskeys", {}).ok()["token"])
    una.put("/v1.0/customer", {"webhook_uri": "https://10.0.0.1/hook"}).ok()
    program.post("/auth/unregister", {"confirmation_phrase": "DELETE"}).ok()
    service.login("una").post("/auth/unregister", ENDED).ok()


def purge(cloud):
    service = Service(cloud)
    account, pia = service.tenant("pia")
    pia.put("/v1.0/customer", {"webhook_uri": "https://10.0.0.1/hook"}).ok()
    pia.post("/auth/unregister", {"password": PASSWORD}).ok()
    service.advance(30 * DAY + 60)
    assert service.operator().get(f"/v1.0/customers/{account}").ok()["status"] == "deleted", "not purged"


def expire(cloud):
    service = Service(cloud)
    account = service.open_account("eli")
    service.advance(7 * DAY + 60)
    assert service.operator().get(f"/v1.0/customers/{account}").ok()["status"] == "expired", "not expired"


def erase(cloud):
    service = Service(cloud)
    account, ira = service.tenant("ira")
    furnish(ira)
    service.post("/auth/password-forgot", {"username": "ira"}).ok()
    service.idle()
    ira.post("/auth/unregister", ENDED).ok()
    service.idle()
    assert_erased(cloud, account, "customer_deleted")


def mail(cloud):
    service = Service(cloud)
    service.open_account("meg")
    service.mailed_token("meg@example.com")
    _, max_ = service.tenant("max")
    max_.put("/v1.0/customer", {"email": "max2@example.com"}).ok()
    service.mailed_token("max2@example.com")


def answer_requests(cloud):
    """Two people sign up with one address, the second once the time of the first is over; somebody forgot a password."""
    service = Service(cloud)
    sign_up = {"email": "sid@example.com", "accepted_tos": True}
    service.post("/auth/signup", sign_up).ok()
    first = service.mailed_token("sid@example.com")
    service.post("/auth/password-forgot", {"username": ADMIN}).ok()
    held(cloud, True)
    service.advance(3_700)
    service.post("/auth/signup", sign_up).ok()
    assert service.mailed_token("sid@example.com") != first, "the address is not free"
    _, ron = service.tenant("ron")
    service.post("/auth/password-forgot", {"username": "ron"}).ok()
    service.mailed_token("ron@example.com")


def end_operations(cloud):
    service = Service(cloud)
    account, oda = service.tenant("oda")
    running = {"language": "en-US", "reference_type": "call", "reference_id": "0197a0b0-0000-7000-8000-000000000000"}
    oda.post("/v1.0/transcribes", running).ok()
    oda.post("/auth/unregister", {"password": PASSWORD}).ok()
    events = told(service, account)
    assert "operations_terminate" in events and "transcribe_updated" in events, f"{events}"


def deliver(cloud):
    """To a name that leads inside, so that it is tried again; the last time for the account's end."""
    service = Service(cloud)
    account, wes = service.tenant("wes")
    wes.put("/v1.0/customer", {"webhook_uri": "https://localhost/hook"}).ok()
    wes.post("/v1.0/tags", {"name": "vip"}).ok()
    service.advance(3_600)
    assert any(name.startswith("webhook-") for name in service.jobs()), "no job for the next attempt"
    service.login("wes").post("/auth/unregister", ENDED).ok()
    service.advance(7_200)
    assert_erased(cloud, account, "customer_deleted")


def tell(cloud):
    service = Service(cloud)
    account, _ = service.tenant("tea")
    assert "customer_verified" in told(service, account), "nothing was told"


CASES = {
    "auth-login": log_in,
    "customers-create": create_customer,
    "tags-create": create_tag,
    "auth-unregister": unregister,
    "purge": purge,
    "expire": expire,
    "cascade": erase,
    "cascade-worker": erase,
    "mail": mail,
    "requests": answer_requests,
    "operations-terminate": end_operations,
    "webhook-deliver": deliver,
    "customer-events": tell,
}

# Statements whose absence cannot show here, by what stands in them, and why.
BY_LAMBDA = "AWS itself does this for the function, once it has failed three times; the emulator tries once and no more"
EXCUSED = {
    "purge": {"JobsDlq": BY_LAMBDA},
    "expire": {"JobsDlq": BY_LAMBDA},
    "customer-events": {"givenupchanges": BY_LAMBDA, "kms:GenerateDataKey": BY_LAMBDA},
}
