"""What each sampled function has to be able to do: for each a case that needs every one of its rights."""

from journeys import DAY, ENDED, assert_erased, furnish, told
from service import PASSWORD, Service


def held(cloud, is_held):
    cloud.ask("POST", "/_rehearsal/hold", {"held": is_held})


def opening(name):
    return {"username": name, "password": PASSWORD, "email": f"{name}@example.com", "name": name}


def log_in(cloud):
    service = Service(cloud)
    wrong = service.post("/auth/login", {"username": "admin@localhost", "password": "not the password"})
    assert wrong.status == 401, f"{wrong.status} {wrong.text}"
    service.operator()


def create_customer(cloud):
    """By a program of the platform's; the second takes its names from one that should have expired by then."""
    service = Service(cloud)
    key = service.operator().post("/v1.0/accesskeys", {}).ok()["token"]
    program = Service(cloud, key)
    program.post("/v1.0/customers", opening("ann"), {"Idempotency-Key": "open ann"}).ok()
    repeated = program.post("/v1.0/customers", opening("ann"), {"Idempotency-Key": "open ann"})
    assert repeated.status == 200, f"{repeated.status} {repeated.text}"
    taken = program.post("/v1.0/customers", opening("ann"), {"Idempotency-Key": "again"})
    assert taken.status == 409, f"{taken.status} {taken.text}"
    held(cloud, True)
    service.advance(8 * DAY)
    program.post("/v1.0/customers", opening("ann")).ok()


def create_tag(cloud):
    service = Service(cloud)
    _, tom = service.tenant("tom")
    program = Service(cloud, tom.post("/v1.0/accesskeys", {}).ok()["token"])
    for client in (tom, program):
        client.post("/v1.0/tags", {"name": "vip"}, {"Idempotency-Key": "one"}).ok()
    refused = tom.post("/v1.0/tags", {"name": 7}, {"Idempotency-Key": "two"})
    assert refused.status == 400, f"{refused.status} {refused.text}"


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
    "customer-events": tell,
}

# Statements whose absence cannot show here, by parts of what is printed of them, and why.
EXCUSED = {
}
