// Who is signed in, and what this person may do.

import { getOrNull, request, setDelegation } from './api.js';
import { hasNoSession } from './brand.js';

const PLATFORM_ADMIN = 1;
const ADMIN = 32;
const MANAGER = 64;

/**
 * The signed-in agent and its account. An account is frozen while it waits for its deletion, and unverified until its e-mail
 * address is verified. Until the session `isRead`, nobody knows whether there is one.
 */
export const session = { ...empty(), isRead: hasNoSession(), delegate: null };

function empty() {
  return { isRead: false, me: null, customer: null, etag: null, isFrozen: false, frozenDetail: null, isUnverified: false };
}

/** Whether the agent has one of the bits. A platform admin passes every check, as in the service. */
const has = (bits) => Boolean((session.me?.permission ?? 0) & (bits | PLATFORM_ADMIN));

/** The rights of the role. The pages hide actions that the role does not permit. */
export const can = {
  /** Read the account, its usage and its agents. */
  read: () => has(ADMIN | MANAGER),
  /** Change the account, and use keys, webhooks, audit log and exports. */
  administer: () => has(ADMIN),
  operate: () => has(PLATFORM_ADMIN) && !session.delegate,
  /** Make credentials that outlive a delegation. */
  makeCredentials: () => !session.delegate,
  /** Give a permission, or change an agent that has it: none above the caller's own. */
  grant: (bits) => (bits & PLATFORM_ADMIN ? has(PLATFORM_ADMIN) : has(ADMIN) || !(bits & ADMIN)),
  /** Close the account. The platform's own account stays. */
  close: () => has(ADMIN) && !session.delegate && !has(PLATFORM_ADMIN),
};

export const isSignedIn = () => Boolean(session.me || session.isFrozen || session.isUnverified);

function clear() {
  Object.assign(session, empty());
}

/** Reads the session. Without one, the session stays empty. If this fails, the next view reads it again. */
export async function loadSession() {
  clear();
  try {
    session.me = (await request('GET', '/v1.0/me', undefined, { withoutDelegation: !session.delegate })).data;
    if (can.read()) await loadCustomer();
    if (session.customer?.status === 'frozen') await expectRefusal();
  } catch (error) {
    readRefusal(error);
  }
  session.isRead = true;
}

/** Calls a route that refuses frozen accounts, because only a refusal says whether the owner can recover the account. */
async function expectRefusal() {
  await getOrNull('/v1.0/customer/email_change');
  // Without a refusal, somebody has recovered the account since it was read.
  await loadCustomer();
}

/** Sets what a refusal says about the session. Throws every other error. */
function readRefusal(error) {
  if (error.status === 401) return;
  if (error.reason === 'ACCOUNT_NOT_VERIFIED') {
    session.isUnverified = true;
  } else if (error.reason === 'ACCOUNT_FROZEN') {
    // The service refuses `/v1.0/me` of a frozen account to everyone but administrators.
    Object.assign(session, { isFrozen: true, frozenDetail: error.details[0] ?? {} });
  } else {
    clear();
    throw error;
  }
}

/** Reads the account again. */
export async function loadCustomer() {
  const { data, etag } = await request('GET', '/v1.0/customer');
  Object.assign(session, { customer: data, etag });
}

export async function signIn(username, password) {
  stopDelegation();
  await request('POST', '/auth/login', { username, password }, { withoutDelegation: true });
  await loadSession();
}

/** Ends all sessions of the agent. During a delegation, these are the sessions of the platform admin. */
export async function signOut() {
  stopDelegation();
  await request('POST', '/auth/logout', {}, { withoutDelegation: true, keepalive: true });
  forgetSession();
}

/** Forgets the session after the service has ended it. Behind a delegation may still be the platform admin's own session. */
export function forgetSession() {
  const wasDelegate = Boolean(session.delegate);
  stopDelegation();
  clear();
  session.isRead = !wasDelegate;
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
