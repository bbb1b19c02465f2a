// The audit log as a timeline.

import { get, withQuery } from './api.js';
import { button } from './components.js';
import { h } from './dom.js';
import { formatTime, t, tName } from './i18n.js';

function details(entry) {
  const { from, to, changed, accesskeys, reason, by_link: byLink } = entry.detail;
  return [
    from && to && from !== to ? t('audit.status', { from: tName('status', from), to: tName('status', to) }) : null,
    changed.length ? t('audit.changed', { fields: changed.map((name) => tName('field', name)).join(', ') }) : null,
    accesskeys.length ? t('audit.keys', { n: accesskeys.length }) : null,
    reason ? t('audit.reason', { reason }) : null,
    byLink ? t('audit.byLink') : null,
  ].filter(Boolean);
}

function item(entry) {
  const who = [tName('who', entry.who.type), entry.ip_address].filter(Boolean).join(', ');
  return h(
    'li',
    {},
    h('p', {}, h('strong', {}, tName('event', entry.type)), ' ', h('span.quiet', {}, who)),
    h('p.quiet', {}, h('time', { datetime: entry.tm_create }, formatTime(entry.tm_create))),
    details(entry).map((text) => h('p', {}, text)),
  );
}

/** The entries of an audit log, the newest first, with a button for older ones. */
export async function timeline(path, size = 25) {
  const read = (token) => get(withQuery(path, { page_size: size, page_token: token }));
  const first = await read('');
  if (!first.result.length) return h('p.quiet', {}, t('audit.empty'));
  const list = h('ol.timeline', {}, first.result.map(item));
  let token = first.next_page_token;
  const more = button(t('more'), async () => {
    const part = await read(token);
    list.append(...part.result.map(item));
    token = part.next_page_token;
    if (!token) more.remove();
  }, 'secondary');
  return token ? [list, more] : list;
}
