// GET /v1.0/customer in JavaScript: verify the token, read customer and agent in one batch, answer the account.
// The loop at the end is all that it needs of a runtime, so it starts sooner than in the managed one.
import { createPublicKey, verify } from "node:crypto";
import http from "node:http";
import { BatchGetItemCommand, DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";

const client = new DynamoDBClient({});
const prefix = process.env.TABLE_PREFIX;

// As in our functions, the public keys are read during init, which opens the connection.
const scanned = await client.send(
  new ScanCommand({ TableName: `${prefix}verifying_keys`, ConsistentRead: true }),
);
const keys = new Map(
  scanned.Items.filter((row) => row.public).map((row) => {
    const x = Buffer.from(row.public.S, "hex").toString("base64url");
    return [row.id.S, createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } })];
  }),
);

function claimsOf(token) {
  const [head, body, signature] = token.split(".");
  const key = keys.get(JSON.parse(Buffer.from(head, "base64url")).kid);
  const right = key && verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"));
  const claims = JSON.parse(Buffer.from(body, "base64url"));
  return right && Date.now() / 1000 < claims.exp ? claims : null;
}

async function handle(event) {
  const claims = claimsOf(event.headers.authorization.slice("Bearer ".length));
  if (!claims) return { statusCode: 401 };
  const customers = { Keys: [{ id: { S: claims.customer_id } }], ConsistentRead: true };
  const agent = { customer_id: { S: claims.customer_id }, id: { S: claims.sub } };
  const agents = { Keys: [agent], ConsistentRead: true };
  const read = await client.send(
    new BatchGetItemCommand({
      RequestItems: { [`${prefix}customers`]: customers, [`${prefix}agents`]: agents },
    }),
  );
  const customer = read.Responses[`${prefix}customers`][0];
  const caller = read.Responses[`${prefix}agents`][0];
  const epochs = [Number(customer?.epoch.N), Number(caller?.epoch.N)];
  if (epochs[0] !== claims.customer_epoch || epochs[1] !== claims.agent_epoch) return { statusCode: 401 };
  const answer = { id: customer.id.S, name: customer.name?.S, email: customer.email?.S, status: customer.status.S };
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(answer),
  };
}

const agent = new http.Agent({ keepAlive: true });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const wanted = { host, port, method, path: `/2018-06-01/runtime/invocation/${path}`, agent };
    const request = http.request(wanted, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ headers: answer.headers, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const next = await call("GET", "next");
  const answer = await handle(JSON.parse(next.text));
  await call("POST", `${next.headers["lambda-runtime-aws-request-id"]}/response`, JSON.stringify(answer));
}
