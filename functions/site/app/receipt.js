// Verifies an erasure receipt in the browser: the signature with the published keys, and the hash of the ledger.

import { request } from './api.js';

/** The claims of which the receipt has the hash. */
const HASHED = ['customer_id', 'ended', 'requested_by', 'tables', 'tm_due', 'tm_finished', 'tm_requested', 'tm_started'];
const TYPE = 'erasure-receipt+jwt';

function decode(text) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

const parse = (text) => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(decode(text)));

/** The canonical JSON of RFC 8785. A receipt has texts, whole numbers, null, lists and objects. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(',')}}`;
}

export async function ledgerHash(claims) {
  const ledger = Object.fromEntries(HASHED.map((name) => [name, claims[name]]));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonical(ledger)));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function isSigned(parts, header, keys) {
  const key = keys.find((each) => each.kid === header.kid && each.kty === 'OKP' && each.crv === 'Ed25519');
  if (!key) return false;
  const jwk = { kty: key.kty, crv: key.crv, x: key.x };
  const imported = await crypto.subtle.importKey('jwk', jwk, { name: 'Ed25519' }, false, ['verify']);
  const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
  return crypto.subtle.verify({ name: 'Ed25519' }, imported, decode(parts[2]), signed);
}

/** The claims of a receipt, and the checks by name. Throws if the text is no JWS. */
export async function verifyReceipt(text) {
  const parts = text.trim().split('.');
  if (parts.length !== 3) throw new SyntaxError('not a JWS');
  const [header, claims] = [parse(parts[0]), parse(parts[1])];
  const { keys } = (await request('GET', '/.well-known/jwks.json', undefined, { withoutDelegation: true })).data;
  const isReceipt = header.alg === 'EdDSA' && header.typ === TYPE;
  return {
    claims,
    checks: {
      type: isReceipt,
      signature: isReceipt && (await isSigned(parts, header, keys)),
      ledger: (await ledgerHash(claims)) === claims.ledger_sha256,
    },
  };
}
