// The round trip with the generated types in TypeScript.

import createClient from "openapi-fetch";
import type { paths } from "./api.js";

declare const process: { env: Record<string, string | undefined> };

const { API = "", ACCOUNT = "", PASSWORD = "" } = process.env;

/** The data of a response, which must be a success. */
function ok<T>(response: { data?: T; error?: unknown }): T {
    if (response.data === undefined) {
        throw new Error(JSON.stringify(response.error));
    }
    return response.data;
}

function check(holds: boolean, what: unknown) {
    if (!holds) {
        throw new Error(JSON.stringify(what));
    }
}

const anonymous = createClient<paths>({ baseUrl: API });
const session = ok(await anonymous.POST("/auth/login", { body: { username: ACCOUNT, password: PASSWORD } }));
const client = createClient<paths>({ baseUrl: API, headers: { Authorization: `Bearer ${session.token}` } });

const created = ok(await client.POST("/v1.0/queues", { body: { name: "sales", tag_ids: [] } }));
check(created.tag_ids.length === 0, created);
const params = { path: { id: created.id } };
const page = ok(await client.GET("/v1.0/queues"));
check(page.result.length === 1 && page.result[0]?.id === created.id, page);
const change = { detail: "the sales team", tag_ids: [] };
const updated = ok(await client.PUT("/v1.0/queues/{id}", { params, body: change }));
check(updated.name === "sales" && updated.detail === change.detail, updated);
const deleted = ok(await client.DELETE("/v1.0/queues/{id}", { params }));
check(deleted.tm_delete !== null, deleted);

const left = ok(await client.POST("/auth/unregister", { body: { password: PASSWORD, dry_run: false, immediate: false } }));
check("status" in left && left.status === "frozen", left);
