// The first view: the state of the account, or how to keep it while it is frozen.

import { get, getOrNull } from '../api.js';
import { buttonLink, buttonRow, card, facts, notice, statusBadge, usageBar } from '../components.js';
import { h } from '../dom.js';
import { formatBytes, formatDate, formatNumber, formatTime, t, tName } from '../i18n.js';
import { can, loadCustomer, session } from '../session.js';
import { roles } from '../roles.js';
import * as frozen from './frozen.js';

/** The bars that are closest to their limits. */
async function usageCard() {
  const usage = await get('/v1.0/customer/usage');
  const kinds = Object.entries(usage.resources).filter(([, { limit }]) => limit !== null);
  const fullest = kinds.sort(([, a], [, b]) => b.count / b.limit - a.count / a.limit).slice(0, 3);
  const bars = fullest.map(([kind, { count, limit }]) => usageBar(tName('kind', kind), count, limit, formatNumber));
  const storage = usageBar(t('usage.bytes'), usage.bytes, usage.max_bytes, formatBytes);
  const link = h('p', {}, h('a', { href: '/account/usage' }, t('overview.allUsage')));
  return card(t('overview.usage', { plan: tName('plan', usage.plan) }), ...bars, storage, link);
}

function holdNotice(hold) {
  if (!hold) return null;
  const until = hold.until ? t('hold.until', { time: formatTime(hold.until) }) : t('hold.open');
  const reason = hold.reason ? h('p', {}, t('hold.reason', { reason: hold.reason })) : null;
  return notice('info', h('p', {}, t('hold.own'), ' ', until), reason);
}

function accountCard(account) {
  return card(
    t('overview.account'),
    facts([
      [t('status'), statusBadge(account.status)],
      [t('account.name'), account.name],
      [t('email'), [account.email, ' ', account.email_verified ? h('span.badge.good', {}, t('email.verified')) : h('span.badge.warn', {}, t('email.unverified'))]],
      [t('account.created'), formatDate(account.tm_create)],
      [t('account.id'), h('code', {}, account.id)],
    ]),
    buttonRow(buttonLink(t('overview.edit'), '/account/profile', { class: 'button secondary' })),
  );
}

function meCard(me) {
  return card(
    t('overview.you'),
    facts([
      [t('agent.username'), me.username],
      [t('agent.name'), me.name],
      [t('agent.roles'), roles(me.permission)],
    ]),
  );
}

async function changeNotice() {
  const change = await getOrNull('/v1.0/customer/email_change');
  if (!change) return null;
  const text = t('emailChange.waiting', { email: change.email, time: formatTime(change.tm_expire) });
  return notice('info', h('p', {}, text), h('p', {}, h('a', { href: '/account/profile' }, t('emailChange.manage'))));
}

export async function view() {
  if (session.isFrozen) return frozen.view();
  const title = t('overview.title', { name: session.me.name || session.me.username });
  if (!can.read()) return { title, content: meCard(session.me) };
  const [usage, change] = await Promise.all([usageCard(), changeNotice(), loadCustomer()]);
  const content = [change, holdNotice(session.customer.hold), h('div.columns', {}, accountCard(session.customer), usage, meCard(session.me))];
  return { title, content };
}
