"""A client of the deployed API, and what is told of it beside the API."""

import json
import urllib.error
import urllib.request

ADMIN, PASSWORD = "admin@localhost", "correct horse battery"


class Answer:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    def json(self):
        return json.loads(self.text)

    def ok(self):
        assert self.status == 200, f"{self.status} {self.text}"
        return self.json()


class Service:
    def __init__(self, cloud, token=None):
        self.cloud, self.token = cloud, token

    def call(self, method, path, body=None, headers=None):
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        if self.token:
            all_headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.cloud.api_url + path, data=data, method=method, headers=all_headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read().decode())

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None, headers=None):
        return self.call("POST", path, {} if body is None else body, headers)

    def put(self, path, body):
        return self.call("PUT", path, body)

    def delete(self, path):
        return self.call("DELETE", path)

    def login(self, username, password=PASSWORD):
        token = self.post("/auth/login", {"username": username, "password": password}).ok()["token"]
        return Service(self.cloud, token)

    def operator(self):
        return self.login(ADMIN)

    def idle(self):
        self.cloud.ask("POST", "/_local/idle")

    def advance(self, seconds):
        self.cloud.ask("POST", "/_local/clock", {"advance_seconds": seconds})

    def events(self):
        return self.cloud.ask("GET", "/_local/events")["result"]

    def jobs(self):
        return {it["name"]: it for it in self.cloud.ask("GET", "/_local/schedules")["result"]}

    def mailed_token(self, address):
        self.idle()
        mails = self.cloud.ask("GET", "/_local/mailbox")["result"]
        mine = [it for it in mails if it["to"] == address]
        assert mine, f"no mail to {address} among {len(mails)}"
        return mine[0]["text"].split("token=")[1][:64]

    def open_account(self, name):
        body = {"username": name, "password": PASSWORD, "email": f"{name}@example.com", "name": name}
        return self.operator().post("/v1.0/customers", body).ok()["id"]

    def tenant(self, name):
        """An account whose address is verified: its id, and a client of its admin."""
        account = self.open_account(name)
        token = self.mailed_token(f"{name}@example.com")
        self.post("/auth/email-verify", {"token": token}).ok()
        return account, self.login(name)
