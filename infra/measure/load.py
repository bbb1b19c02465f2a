"""Loads each route of a local service with oha and prints a table."""

import json
import subprocess
import sys
import urllib.request

OHA, BASE, SECONDS, CONNECTIONS = sys.argv[1:]
USERNAME, PASSWORD = "acme", "acme sample account"


def ask(method, path, body=None, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def load(method, path, body, token):
    """Requests a second, the median, the 99th percentile in milliseconds, and how many were no success."""
    command = [OHA, "--no-tui", "--output-format", "json", "-z", f"{SECONDS}s", "-c", CONNECTIONS, "-m", method]
    command += ["-H", f"authorization: Bearer {token}", "-H", "content-type: application/json"]
    if body is not None:
        command += ["-d", json.dumps(body)]
    done = subprocess.run(command + [BASE + path], check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    counts = told["statusCodeDistribution"]
    failed = sum(count for status, count in counts.items() if status != "200")
    times = told["latencyPercentiles"]
    # A route that fails is answered soon; its figures would say nothing.
    return told["summary"]["requestsPerSec"], times["p50"] * 1000, times["p99"] * 1000, failed


login = {"username": USERNAME, "password": PASSWORD}
token = ask("POST", "/auth/login", login)["token"]
tag = ask("GET", "/v1.0/tags", token=token)["result"][0]["id"]
routes = [
    ("GET", "/ping", None),
    ("GET", "/v1.0/customer", None),
    ("GET", f"/v1.0/tags/{tag}", None),
    ("GET", "/v1.0/agents", None),
    ("PUT", f"/v1.0/tags/{tag}", {"name": "loaded"}),
    ("POST", "/auth/login", login),
]
print("| route                 | requests a second | median ms | 99 % within ms | failed |")
print("|-----------------------|------------------:|----------:|---------------:|-------:|")
for method, path, body in routes:
    rate, median, most, failed = load(method, path, body, token)
    name = f"{method} {path}".replace(tag, "{id}")
    print(f"| {name:<21} | {rate:17.0f} | {median:9.2f} | {most:14.2f} | {failed:6} |")
