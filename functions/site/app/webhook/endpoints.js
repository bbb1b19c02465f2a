// The webhook endpoints of the account: their paths, and the names under which the page shows them.

import { t } from '../i18n.js';
import { reload } from '../router.js';
import { session } from '../session.js';

export const ENDPOINTS = '/v1.0/customer/webhook/endpoints';
export const MAX_ENDPOINTS = 5;

const MAX_NAME = 34;
const END_OF_NAME = 12;

/** The first endpoint is the webhook_uri of the account. It has the account's id, and cannot be deleted. */
export const isFirst = (endpoint) => endpoint.id === session.customer.id;

/** The response to a request. A refusal with `reason`, which elsewhere is about the account, gets the words of `ownReason`. */
export async function withOwnReason(request, reason, ownReason) {
  try {
    return await request;
  } catch (error) {
    if (error.reason === reason) error.reason = ownReason;
    throw error;
  }
}

/** The id of the card of an endpoint. */
export const cardId = (id) => `endpoint-${id}`;

/** Shows the view again. The focus returns to the card that the reader works with. */
export async function reloadAt(id) {
  await reload();
  document.getElementById(cardId(id))?.querySelector('h2').focus();
}

/** A URL without its scheme. The middle of a long one is left out, because URLs of one service often differ at the end only. */
function shorten(uri) {
  const text = uri.replace(/^https?:\/\//i, '').replace(/\/$/, '');
  if (text.length <= MAX_NAME) return text;
  return `${text.slice(0, MAX_NAME - END_OF_NAME - 1)}…${text.slice(-END_OF_NAME)}`;
}

/** The names of the endpoints by their ids. Endpoints with the same URL get a number. */
export function endpointNames(endpoints) {
  const names = new Map();
  const uses = new Map();
  for (const { id, webhook_uri: uri } of endpoints) {
    const name = uri ? shorten(uri) : t('webhook.noUri');
    const number = (uses.get(name) ?? 0) + 1;
    uses.set(name, number);
    names.set(id, number > 1 ? `${name} (${number})` : name);
  }
  return names;
}
