// Requests to the API. The session is a cookie that no script can read; the browser adds it to every request.

/** An error response, or no response at all. */
export class ApiError extends Error {
  constructor(status, error = {}, retryAfter = null) {
    super(error.message ?? '');
    this.status = status;
    this.reason = error.reason ?? 'NO_RESPONSE';
    this.details = error.details ?? [];
    this.requestId = error.request_id ?? null;
    this.retryAfter = retryAfter;
  }
}

/**
 * The token of a platform admin who acts for an account. It is never stored, so it ends with the page at the latest. A header
 * takes precedence over the cookie.
 */
let delegation = null;
let whenSignedOut = () => {};

export const setDelegation = (token) => {
  delegation = token;
};

/** What to do when the session ends in the middle of the work. */
export const onSignedOut = (action) => {
  whenSignedOut = action;
};

async function send(method, path, init) {
  try {
    return await fetch(path, { method, credentials: 'same-origin', redirect: 'error', cache: 'no-store', ...init });
  } catch {
    throw new ApiError(0);
  }
}

async function sendTwice(method, path, init, isRepeatable) {
  try {
    const response = await send(method, path, init);
    if (response.status !== 503 || !isRepeatable) return response;
  } catch (error) {
    if (!isRepeatable) throw error;
  }
  await new Promise((done) => setTimeout(done, 800));
  return send(method, path, init);
}

/**
 * Sends a request. Returns the JSON of the response, its entity tag, its link and the seconds of its `Retry-After`. A request `withoutDelegation` has no delegate's
 * token, and a 401 does not end the session; the browser still adds the cookie. With `keepalive`, the request is also sent when the
 * page closes.
 */
export async function request(method, path, body, { etag = null, withoutDelegation = false, keepalive = false } = {}) {
  const headers = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (etag) headers['If-Match'] = etag;
  if (delegation && !withoutDelegation) headers.Authorization = `Bearer ${delegation}`;
  // With a key, a repeated request takes effect once.
  const takesKey = method === 'POST' && path.startsWith('/v1.0/');
  if (takesKey) headers['Idempotency-Key'] = crypto.randomUUID();
  const init = { headers, keepalive, body: body === undefined ? undefined : JSON.stringify(body) };
  const response = await sendTwice(method, path, init, method === 'GET' || takesKey);
  const data = await response.json().catch(() => null);
  const retryAfter = Number(response.headers.get('Retry-After')) || null;
  if (!response.ok) {
    const error = new ApiError(response.status, data?.error, retryAfter);
    if (response.status === 401 && !withoutDelegation) whenSignedOut();
    throw error;
  }
  return { data, etag: response.headers.get('ETag'), link: response.headers.get('Link'), retryAfter };
}

export const get = async (path) => (await request('GET', path)).data;
export const post = async (path, body = {}) => (await request('POST', path, body)).data;
export const put = async (path, body, options) => (await request('PUT', path, body, options)).data;
export const remove = async (path, options) => (await request('DELETE', path, undefined, options)).data;

/** The response, or null if the row does not exist. */
export async function getOrNull(path) {
  try {
    return await get(path);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

export function withQuery(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== '' && value !== null && value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** The rows of a list, at most `maxPages` pages of 100. `isComplete` tells whether there are no more. */
export async function list(path, parameters = {}, maxPages = 10) {
  const rows = [];
  let token = '';
  for (let page = 0; page < maxPages; page += 1) {
    const part = await get(withQuery(path, { ...parameters, page_size: 100, page_token: token }));
    rows.push(...part.result);
    token = part.next_page_token;
    if (!token) return { rows, isComplete: true };
  }
  return { rows, isComplete: false };
}
