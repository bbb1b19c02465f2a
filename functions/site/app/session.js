// Who is signed in, and what this person may do.

import { ApiError, get, request, setDelegation } from './api.js';

const PLATFORM_ADMIN = 1;
const ADMIN = 32;
const MANAGER = 64;

/** The signed-in agent and its account. An account is frozen while it waits for its deletion, and unverified until its e-mail address is verified. */
export const session = { ...empty(), delegate: null };

function empty() {
  return { me: null, customer: null, etag: null, isFrozen: false, frozenDetail: null, isUnverified: false };
}

const has = (bits) => Boolean((session.me?.permission ?? 0) & bits);

/** The rights of the role. The pages hide actions that the role does not permit. */
export const can = {
  /** Read the account, its usage and its agents. */
  read: () => has(ADMIN | MANAGER),
  /** Change the account, and use keys, webhooks, audit log and exports. */
  administer: () => has(ADMIN),
  operate: () => has(PLATFORM_ADMIN) && !session.delegate,
  /** Make credentials that outlive a delegation. */
  makeCredentials: () => !session.delegate,
  /** Give a permission, or change an agent that has it: none above the own one. */
  grant: (bits) => (bits & PLATFORM_ADMIN ? has(PLATFORM_ADMIN) : has(ADMIN) || !(bits & ADMIN)),
  /** Close the account. The platform's own account stays. */
  close: () => has(ADMIN) && !session.delegate && !has(PLATFORM_ADMIN),
};

export const isSignedIn = () => Boolean(session.me || session.isFrozen || session.isUnverified);

function clear() {
  Object.assign(session, empty());
}

/** Reads the session. Without one, the session stays empty. */
export async function loadSession() {
  clear();
  try {
    session.me = (await request('GET', '/v1.0/me', undefined, { anonymous: !session.delegate })).data;
    if (can.read()) await loadCustomer();
    if (session.customer?.status === 'frozen') frozen(await refusalOfFrozenAccount());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) return;
    if (error.reason === 'ACCOUNT_NOT_VERIFIED') {
      session.isUnverified = true;
      return;
    }
    // Of a frozen account, only administrators may read themselves.
    if (error.reason !== 'ACCOUNT_FROZEN') throw error;
    frozen(error);
  }
}

function frozen(error) {
  session.isFrozen = true;
  session.frozenDetail = error?.details[0] ?? {};
}

/** The service says only in a refusal whether the owner can recover the account. */
async function refusalOfFrozenAccount() {
  try {
    await get('/v1.0/customer/email_change');
    return null;
  } catch (error) {
    return error instanceof ApiError ? error : null;
  }
}

/** Reads the account again. */
export async function loadCustomer() {
  const { data, etag } = await request('GET', '/v1.0/customer');
  Object.assign(session, { customer: data, etag });
}

export async function signIn(username, password) {
  stopDelegation();
  await request('POST', '/auth/login', { username, password }, { anonymous: true });
  await loadSession();
}

/** Ends all sessions of the agent. During a delegation, these are the sessions of the platform admin. */
export async function signOut() {
  stopDelegation();
  await request('POST', '/auth/logout', {}, { anonymous: true, keepalive: true });
  clear();
}

/** Forgets the session after the service has ended it. */
export function forgetSession() {
  stopDelegation();
  clear();
}

/** Acts for an account from now on, until the delegation ends or the page is closed. */
export async function startDelegation(customer, reason) {
  const made = (await request('POST', '/auth/delegate', { customer_id: customer.id, reason })).data;
  session.delegate = { name: customer.name || customer.email || customer.id, id: customer.id, expire: made.expire };
  setDelegation(made.token);
  await loadSession();
}

export function stopDelegation() {
  session.delegate = null;
  setDelegation(null);
}
