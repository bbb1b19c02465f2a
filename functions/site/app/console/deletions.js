// Deletions in progress, those that stalled, and the brake.

import { getOrNull } from '../api.js';
import { badge, card, notice } from '../components.js';
import { h } from '../dom.js';
import { formatNumber, formatTime, t } from '../i18n.js';
import { repeat } from '../leave-view.js';
import { table } from '../tables.js';
import { brakeCard } from './brake.js';
import { accountName, accountsOf, brake, dueWithin, inParallel } from './data.js';

const STALLED_AFTER = 15 * 60_000;
/** How many deletions the view reads one by one. */
const MAX_READ = 60;

const rowsOf = (deletion, name) => deletion.tables.reduce((sum, each) => sum + (each[name] ?? 0), 0);

/**
 * The deletions that are not confirmed yet. The API lists accounts by their creation, so of many deleted and expired accounts this
 * reads only the newest ones, and of those the ones that ended last.
 */
async function unfinished() {
  const parts = await Promise.all(['deleted', 'expired'].map((status) => accountsOf(status, 10)));
  const ended = parts.flatMap(({ rows }) => rows);
  ended.sort((a, b) => new Date(b.tm_delete) - new Date(a.tm_delete));
  const read = async (account) => ({ account, deletion: await getOrNull(`/v1.0/customers/${account.id}/deletion`) });
  const all = await inParallel(ended.slice(0, MAX_READ), read);
  const isComplete = parts.every((part) => part.isComplete) && ended.length <= MAX_READ;
  return { rows: all.filter(({ deletion }) => deletion && deletion.state !== 'confirmed'), isComplete };
}

/** Rows are usually deleted within minutes, so a deletion that takes longer probably waits for something. */
function isStalled({ account, deletion }) {
  return deletion.state === 'deleting' && Date.now() - new Date(deletion.tm_started ?? account.tm_delete) > STALLED_AFTER;
}

function progressTable(rows) {
  const columns = [
    { label: t('account'), cell: ({ account }) => h('a', { href: `/console/accounts/${account.id}` }, h('code', {}, account.id.slice(0, 13)), '…') },
    { label: t('status'), cell: (row) => [badge('deletionState', row.deletion.state, 'warn'), isStalled(row) ? [' ', h('span.badge.bad', {}, t('deletions.stalled'))] : null] },
    { label: t('deletion.started'), cell: ({ account, deletion }) => formatTime(deletion.tm_started ?? account.tm_delete) },
    { label: t('deletion.deleted'), cell: ({ deletion }) => formatNumber(rowsOf(deletion, 'deleted')) },
    { label: t('deletion.remaining'), cell: ({ deletion }) => formatNumber(rowsOf(deletion, 'remaining')) },
  ];
  const sorted = [...rows].sort((a, b) => isStalled(b) - isStalled(a));
  return rows.length ? table(t('deletions.progress'), columns, sorted) : h('p.quiet', {}, t('deletions.none'));
}

function overdueTable(rows) {
  const columns = [
    { label: t('account'), cell: (account) => h('a', { href: `/console/accounts/${account.id}` }, accountName(account)) },
    { label: t('close.due'), cell: (account) => formatTime(account.tm_deletion_scheduled) },
    { label: t('hold'), cell: (account) => (account.hold ? h('span.badge.info', {}, t('hold.on')) : '–') },
  ];
  return rows.length ? table(t('deletions.overdue'), columns, rows) : h('p.quiet', {}, t('deletions.noneOverdue'));
}

async function overview() {
  const [found, overdue] = await Promise.all([unfinished(), dueWithin(0)]);
  const stalled = found.rows.filter(isStalled).length;
  return [
    stalled ? notice('warn', h('p', {}, t('deletions.stalledText', { n: stalled }))) : null,
    card(t('deletions.progress'), progressTable(found.rows), found.isComplete ? null : h('p.quiet', {}, t('deletions.more'))),
    card(t('deletions.overdue'), h('p.quiet', {}, t('deletions.overdueText')), overdueTable(overdue.rows)),
  ].filter(Boolean);
}

export async function view() {
  const [state, first] = await Promise.all([brake(), overview()]);
  const area = h('div', {}, first);
  repeat(() => 15_000, async () => {
    const next = await overview();
    // While an element of the area has the focus, the area stays as it is, so that the reader does not lose the place.
    if (!area.contains(document.activeElement)) area.replaceChildren(...next);
  });
  return { title: t('nav.deletions'), content: [area, brakeCard(state)] };
}
