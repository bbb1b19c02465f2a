// GET /v1.0/customer in JavaScript: verify the token, read customer and agent in one batch, return the customer.
// The loop at the end is a minimal Runtime API client, so this starts faster than in the managed runtime.
import { createPublicKey, verify } from "node:crypto";
import http from "node:http";
import { BatchGetItemCommand, DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";

const client = new DynamoDBClient({});
const prefix = process.env.TABLE_PREFIX;

// Like the functions, read the public keys during init, which also opens the connection.
const scan = await client.send(
  new ScanCommand({ TableName: `${prefix}verifying_keys`, ConsistentRead: true }),
);
const keys = new Map(
  scan.Items.filter((row) => row.public).map((row) => {
    const x = Buffer.from(row.public.S, "hex").toString("base64url");
    return [row.id.S, createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } })];
  }),
);

function verifiedClaims(token) {
  const [head, body, signature] = token.split(".");
  const key = keys.get(JSON.parse(Buffer.from(head, "base64url")).kid);
  const valid = key && verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"));
  const claims = JSON.parse(Buffer.from(body, "base64url"));
  return valid && Date.now() / 1000 < claims.exp ? claims : null;
}

async function handle(event) {
  const claims = verifiedClaims(event.headers.authorization.slice("Bearer ".length));
  if (!claims) return { statusCode: 401 };
  const customers = { Keys: [{ id: { S: claims.customer_id } }], ConsistentRead: true };
  const agent = { customer_id: { S: claims.customer_id }, id: { S: claims.sub } };
  const agents = { Keys: [agent], ConsistentRead: true };
  const batch = await client.send(
    new BatchGetItemCommand({
      RequestItems: { [`${prefix}customers`]: customers, [`${prefix}agents`]: agents },
    }),
  );
  const customer = batch.Responses[`${prefix}customers`][0];
  const caller = batch.Responses[`${prefix}agents`][0];
  const epochs = [Number(customer?.epoch.N), Number(caller?.epoch.N)];
  if (epochs[0] !== claims.customer_epoch || epochs[1] !== claims.agent_epoch) return { statusCode: 401 };
  const body = { id: customer.id.S, name: customer.name?.S, email: customer.email?.S, status: customer.status.S };
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

const agent = new http.Agent({ keepAlive: true });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function callRuntime(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { host, port, method, path: `/2018-06-01/runtime/invocation/${path}`, agent };
    const request = http.request(options, (response) => {
      let text = "";
      response.on("data", (part) => (text += part));
      response.on("end", () => resolve({ headers: response.headers, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const next = await callRuntime("GET", "next");
  const response = await handle(JSON.parse(next.text));
  await callRuntime("POST", `${next.headers["lambda-runtime-aws-request-id"]}/response`, JSON.stringify(response));
}
