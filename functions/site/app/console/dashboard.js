// The state of the platform at a glance.

import { barChart, dayChart } from '../charts.js';
import { card, notice } from '../components.js';
import { h } from '../dom.js';
import { formatDate, formatNumber, t, tName } from '../i18n.js';
import { table } from '../tables.js';
import { brakeCard } from './brake.js';
import { accountName, accountsOf, brake, dueWithin, heldAccounts, inParallel } from './data.js';

const STATUSES = [['active', 'good'], ['initial', 'info'], ['frozen', 'warn'], ['deleted', 'bad'], ['expired', 'bad']];
const DAYS = 30;

function dueTable(rows) {
  const columns = [
    { label: t('account'), cell: (account) => h('a', { href: `/console/accounts/${account.id}` }, accountName(account)) },
    { label: t('close.due'), cell: (account) => formatDate(account.tm_deletion_scheduled) },
    { label: t('hold'), cell: (account) => (account.hold ? h('span.badge.info', {}, t('hold.on')) : '–') },
  ];
  return rows.length ? table(t('dashboard.next'), columns, rows.slice(0, 5)) : h('p.quiet', {}, t('dashboard.nothingDue'));
}

export async function view() {
  const [counts, due, held, state] = await Promise.all([
    inParallel(STATUSES, ([status]) => accountsOf(status, 10), 2),
    dueWithin(DAYS),
    heldAccounts(),
    brake(),
  ]);
  const bars = STATUSES.map(([status, tone], at) => ({
    name: tName('status', status),
    tone,
    count: counts[at].rows.length,
    isComplete: counts[at].isComplete,
    href: `/console/accounts#status=${status}`,
  }));
  const heldText = t('dashboard.held', { n: held.rows.length });
  const times = due.rows.map((account) => account.tm_deletion_scheduled);
  const more = due.isComplete ? null : notice('info', h('p', {}, t('dashboard.more', { n: formatNumber(times.length) })));
  return {
    title: t('nav.dashboard'),
    content: h(
      'div.columns',
      {},
      card(t('dashboard.byStatus'), barChart(t('dashboard.byStatus'), bars), h('p', {}, h('a', { href: '/console/accounts#held=true' }, held.isComplete ? heldText : t('atLeast', { n: heldText })))),
      brakeCard(state),
      card(t('dashboard.due', { days: DAYS }), more, dayChart(t('dashboard.due', { days: DAYS }), times, DAYS), dueTable(due.rows)),
    ),
  };
}
