"""Loads each route of a local service with wrk and prints a table."""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request

BASE, SECONDS, CONNECTIONS = sys.argv[1:]
USERNAME, PASSWORD = "acme", "acme sample account"


def ask(method, path, body=None, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def milliseconds(text):
    number, unit = re.fullmatch(r"([0-9.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def load(method, path, body, token):
    """Requests a second, the median, the 99th percentile in milliseconds, and how many were no success."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"wrk.method = {json.dumps(method)}\n")
        script.write(f"wrk.headers['authorization'] = {json.dumps('Bearer ' + token)}\n")
        script.write("wrk.headers['content-type'] = 'application/json'\n")
        if body is not None:
            script.write(f"wrk.body = {json.dumps(json.dumps(body))}\n")
        script.flush()
        command = ["wrk", "-t", "1", "-c", CONNECTIONS, "-d", f"{SECONDS}s", "--latency", "-s", script.name, BASE + path]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([0-9.]+)", told).group(1))
    median, most = (milliseconds(re.search(rf"\s{share}%\s+(\S+)", told).group(1)) for share in (50, 99))
    # A route that fails is answered soon; its figures would say nothing.
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    broken = re.search(r"Socket errors: (.+)", told)
    if broken:
        sys.exit(f"{method} {path}: {broken.group(1)}")
    return rate, median, most, int(failed.group(1)) if failed else 0


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
