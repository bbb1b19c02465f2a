"""Load-tests some routes of the local service with wrk and prints a table."""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request

BASE, SECONDS, CONNECTIONS = sys.argv[1:]
USERNAME, PASSWORD = "acme", "acme sample account"


def send_request(method, path, body=None, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def parse_milliseconds(text):
    number, unit = re.fullmatch(r"([0-9.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def load(method, path, body, token):
    """Returns the requests per second, the median and 99th percentile in milliseconds, and the number of failed requests."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = {json.dumps(method)}\n")
        script.write(f"wrk.headers['authorization'] = {json.dumps('Bearer ' + token)}\n")
        script.write("wrk.headers['content-type'] = 'application/json'\n")
        if body is not None:
            script.write(f"wrk.body = {json.dumps(json.dumps(body))}\n")
        script.flush()
        command = ["wrk", "-t", "1", "-c", CONNECTIONS, "-d", f"{SECONDS}s", "--latency", "-s", script.name, BASE + path]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([0-9.]+)", output).group(1))
    median, p99 = (parse_milliseconds(re.search(rf"\s{percentile}%\s+(\S+)", output).group(1)) for percentile in (50, 99))
    # A failed request takes less time, so the other numbers mean something only if the table shows no failures.
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    socket_errors = re.search(r"Socket errors: (.+)", output)
    if socket_errors:
        sys.exit(f"{method} {path}: {socket_errors.group(1)}")
    return rate, median, p99, int(failed.group(1)) if failed else 0


login = {"username": USERNAME, "password": PASSWORD}
token = send_request("POST", "/auth/login", login)["token"]
# The limits of any other plan would refuse creations.
admin = send_request("POST", "/auth/login", {"username": "admin@localhost", "password": "to be measured"})["token"]
customer = send_request("GET", "/v1.0/customer", token=token)["id"]
send_request("PUT", f"/v1.0/customers/{customer}/plan", {"plan": "unlimited"}, token=admin)
tag = send_request("GET", "/v1.0/tags", token=token)["result"][0]["id"]
routes = [
    ("GET", "/ping", None),
    ("GET", "/v1.0/customer", None),
    ("GET", f"/v1.0/tags/{tag}", None),
    ("GET", "/v1.0/agents", None),
    ("PUT", f"/v1.0/tags/{tag}", {"name": "loaded"}),
    ("POST", "/v1.0/tags", {"name": "created"}),
    ("POST", "/auth/login", login),
]
print("| route                 | requests a second | median ms |         p99 ms | failed |")
print("|-----------------------|------------------:|----------:|---------------:|-------:|")
for method, path, body in routes:
    rate, median, p99, failed = load(method, path, body, token)
    name = f"{method} {path}".replace(tag, "{id}")
    print(f"| {name:<21} | {rate:17.0f} | {median:9.2f} | {p99:14.2f} | {failed:6} |")
