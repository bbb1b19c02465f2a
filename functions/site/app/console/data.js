// What several views of the console read.

import { get, list } from '../api.js';

const CUSTOMERS = '/v1.0/customers';
const DAY = 86_400_000;

export const inDays = (days) => new Date(Date.now() + days * DAY).toISOString();

/** The accounts with a status, in at most `pages` pages of the API. `isComplete` is false if there are more. */
export const accountsOf = (status, pages) => list(CUSTOMERS, { status }, pages);

/** The frozen accounts whose deletion is due within some days, the earliest first. */
export const dueWithin = (days) => list(CUSTOMERS, { status: 'frozen', due_before: inDays(days) });

export const heldAccounts = () => list(CUSTOMERS, { held: true });

export const brake = () => get('/v1.0/platform/deletions');

/** Runs an action for each item, a few at a time. */
export async function inParallel(items, action, atOnce = 6) {
  const results = new Array(items.length);
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const at = next;
      next += 1;
      results[at] = await action(items[at]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}

export const accountName = (account) => account.name || account.email || account.id;
