"""A client of the deployed API and of the emulator's `/_local/` routes."""

import json
import urllib.error
import urllib.request

ADMIN, PASSWORD = "admin@localhost", "correct horse battery"


class Response:
    def __init__(self, status, headers, content):
        self.status, self.headers, self.content = status, headers, content

    @property
    def text(self):
        return self.content.decode()

    def json(self):
        return json.loads(self.text)

    def ok(self):
        assert self.status == 200, f"{self.status} {self.text}"
        return self.json()


class ApiClient:
    def __init__(self, emulator, token=None):
        self.emulator, self.token = emulator, token

    def request(self, method, path, body=None, headers=None):
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        if self.token:
            all_headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.emulator.api_url + path, data=data, method=method, headers=all_headers)
        try:
            # Longer than IDLE_TIMEOUT_SECONDS of virtual_time.py.
            with urllib.request.urlopen(request, timeout=330) as response:
                return Response(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return Response(error.code, error.headers, error.read())

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body=None, headers=None):
        return self.request("POST", path, {} if body is None else body, headers)

    def put(self, path, body):
        return self.request("PUT", path, body)

    def delete(self, path):
        return self.request("DELETE", path)

    def login(self, username, password=PASSWORD):
        token = self.post("/auth/login", {"username": username, "password": password}).ok()["token"]
        return ApiClient(self.emulator, token)

    def login_as_platform_admin(self):
        return self.login(ADMIN)

    def wait_until_idle(self):
        self.emulator.request("POST", "/_local/idle")

    def advance_clock(self, seconds):
        self.emulator.request("POST", "/_local/clock", {"advance_seconds": seconds})

    def events(self):
        return self.emulator.request("GET", "/_local/events")["result"]

    def jobs(self):
        return {it["name"]: it for it in self.emulator.request("GET", "/_local/schedules")["result"]}

    def mailed_token(self, address):
        self.wait_until_idle()
        mails = self.emulator.request("GET", "/_local/mailbox")["result"]
        # Leaves out the mails whose link only shows the state of a deletion.
        is_link = lambda text: "token=" in text and "/auth/deletion?token=" not in text
        matching = [it for it in mails if it["to"] == address and is_link(it["text"])]
        assert matching, f"no mail with a link to {address} among {len(mails)} mails"
        return matching[0]["text"].split("token=")[1][:64]

    def create_customer(self, name):
        body = {"username": name, "password": PASSWORD, "email": f"{name}@example.com", "name": name}
        return self.login_as_platform_admin().post("/v1.0/customers", body).ok()["id"]

    def create_verified_customer(self, name):
        """Creates a customer, verifies its address and signs in. Returns the id and a client of the account's admin."""
        customer_id = self.create_customer(name)
        token = self.mailed_token(f"{name}@example.com")
        self.post("/auth/email-verify", {"token": token}).ok()
        return customer_id, self.login(name)
