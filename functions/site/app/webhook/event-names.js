// The types of events in words.

import { hasText, t, tName } from '../i18n.js';

const CHANGES = ['created', 'updated', 'deleted'];

/** A type of event about a row, such as `tag_created`, as its noun and its change. */
function split(type) {
  const at = type.lastIndexOf('_');
  return { noun: type.slice(0, at), change: type.slice(at + 1) };
}

/** What happened. A type that only a newer release knows keeps its own words. */
export function eventName(type) {
  const { noun, change } = split(type);
  if (hasText(`event.${type}`) || !CHANGES.includes(change)) return tName('event', type);
  return t(`change.${change}`, { noun: tName('noun', noun) });
}

/** The types by what they are about: first the account, then each kind. Returns the name and the types of each group. */
export function groupEventTypes(types) {
  const groups = new Map();
  for (const type of types) {
    const kind = type.startsWith('customer_') ? 'customer' : `${split(type).noun}s`;
    groups.set(kind, [...(groups.get(kind) ?? []), type]);
  }
  return [...groups].map(([kind, members]) => ({ name: tName('kind', kind), types: members }));
}
