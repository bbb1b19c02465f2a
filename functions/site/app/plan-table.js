// What a deletion would delete: the rows of each table.

import { notice } from './components.js';
import { h } from './dom.js';
import { formatNumber, t, tName } from './i18n.js';
import { table } from './tables.js';

/** Tables with records of the service. They come last, because readers look for their own rows first. */
const INTERNAL = ['audits', 'exports', 'idempotency', 'identifiers', 'outbox', 'tokens', 'usage', 'webhooks'];

/** The tables that have rows, and the telephone numbers that would be released. */
export function planTable(plan) {
  const isInternal = (row) => INTERNAL.includes(row.name);
  const rows = plan.tables.filter((each) => each.rows > 0).sort((a, b) => isInternal(a) - isInternal(b) || b.rows - a.rows);
  const columns = [
    { label: t('kind'), cell: (row) => tName('kind', row.name) },
    { label: t('plan.rows'), cell: (row) => (row.at_least ? t('atLeast', { n: formatNumber(row.rows) }) : formatNumber(row.rows)) },
  ];
  const numbers = plan.numbers.length ? notice('info', h('p', {}, t('plan.numbers', { numbers: plan.numbers.join(', ') }))) : null;
  return [rows.length ? table(t('plan.caption'), columns, rows, { isCompact: true }) : h('p', {}, t('plan.empty')), numbers];
}
