"""GET /v1.0/customer in Python: verify the token, read customer and agent in one batch, return the customer.

The loop at the end is a minimal Runtime API client, so this starts faster than in the managed runtime.
"""

import base64
import http.client
import json
import os
import time

import boto3
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PREFIX = os.environ["TABLE_PREFIX"]
CUSTOMERS, AGENTS = f"{PREFIX}customers", f"{PREFIX}agents"

client = boto3.client("dynamodb")
# Like the functions, read the public keys during init, which also opens the connection.
rows = client.scan(TableName=f"{PREFIX}verifying_keys", ConsistentRead=True)["Items"]
keys = {
    row["id"]["S"]: Ed25519PublicKey.from_public_bytes(bytes.fromhex(row["public"]["S"]))
    for row in rows
    if "public" in row
}


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verified_claims(token):
    head, body, signature = token.split(".")
    try:
        keys[json.loads(decode(head))["kid"]].verify(decode(signature), f"{head}.{body}".encode())
    except (InvalidSignature, KeyError):
        return None
    claims = json.loads(decode(body))
    return claims if time.time() < claims["exp"] else None


def handle(event):
    claims = verified_claims(event["headers"]["authorization"].removeprefix("Bearer "))
    if claims is None:
        return {"statusCode": 401}
    customer, agent = {"S": claims["customer_id"]}, {"S": claims["sub"]}
    responses = client.batch_get_item(
        RequestItems={
            CUSTOMERS: {"Keys": [{"id": customer}], "ConsistentRead": True},
            AGENTS: {"Keys": [{"customer_id": customer, "id": agent}], "ConsistentRead": True},
        }
    )["Responses"]
    epochs = [int(row["epoch"]["N"]) for table in (CUSTOMERS, AGENTS) for row in responses[table]]
    if epochs != [claims["customer_epoch"], claims["agent_epoch"]]:
        return {"statusCode": 401}
    account = responses[CUSTOMERS][0]
    body = {name: account.get(name, {}).get("S", "") for name in ("id", "name", "email", "status")}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}


runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
INVOCATION = "/2018-06-01/runtime/invocation"
while True:
    runtime.request("GET", f"{INVOCATION}/next")
    invocation = runtime.getresponse()
    response = handle(json.loads(invocation.read()))
    request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
    runtime.request("POST", f"{INVOCATION}/{request_id}/response", json.dumps(response))
    runtime.getresponse().read()
