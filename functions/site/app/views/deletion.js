// How far the deletion of an account is, and its receipt. The link needs no session, because the account is gone at the end.

import { request } from '../api.js';
import { announce, badge, card, downloadLink, buttonRow, facts, notice } from '../components.js';
import { countdown } from '../countdown.js';
import { h } from '../dom.js';
import { formatNumber, formatTime, t, tName } from '../i18n.js';
import { repeat } from '../leave-view.js';
import { receiptResult } from '../receipt-result.js';
import { table } from '../tables.js';

const STATES = ['requested', 'deleting', 'deleted', 'confirmed'];

/** A deletion is held before it begins or while it is under way. */
function steps({ state, tm_started: started }) {
  const reached = STATES.indexOf(state !== 'held' ? state : started ? 'deleting' : 'requested');
  const item = (name, at) => {
    const current = at === reached ? 'step' : null;
    return h(`li${at <= reached ? '.done' : ''}`, { 'aria-current': current }, t(`deletion.step.${name}`));
  };
  return h('ol.steps', {}, STATES.map(item));
}

function progressBar(tables) {
  const deleted = tables.reduce((sum, each) => sum + each.deleted, 0);
  const remaining = tables.reduce((sum, each) => sum + (each.remaining ?? 0), 0);
  if (!deleted && !remaining) return null;
  return h('progress', { max: deleted + remaining, value: deleted, 'aria-label': t('deletion.progress') });
}

function tableOfRows(tables) {
  const rows = tables.filter((each) => each.deleted > 0 || each.remaining > 0);
  if (!rows.length) return null;
  const columns = [
    { label: t('kind'), cell: (row) => [tName('kind', row.name), row.tm_verified ? h('p.hint', {}, t('deletion.verified', { time: formatTime(row.tm_verified) })) : null] },
    { label: t('deletion.deleted'), cell: (row) => formatNumber(row.deleted) },
    { label: t('deletion.remaining'), cell: (row) => (row.remaining === null ? '–' : formatNumber(row.remaining)) },
  ];
  return table(t('deletion.tables'), columns, rows, { isCompact: true });
}

async function receiptCard(deletion) {
  const result = await receiptResult(deletion.receipt);
  const name = `erasure-receipt-${deletion.id}.jwt`;
  const save = buttonRow(downloadLink(t('receipt.download'), name, 'application/jwt', deletion.receipt));
  return card(t('receipt.title'), h('p', {}, t('receipt.text')), save, result);
}

async function show(area, deletion) {
  const { state } = deletion;
  const isWaiting = state === 'requested' && deletion.tm_due;
  const way = state === 'requested' ? notice('info', h('p', {}, t('deletion.wayBack')), h('p', {}, h('a', { href: '/account' }, t('signIn.submit')))) : null;
  const dates = facts([
    [t('deletion.requested'), deletion.tm_requested && formatTime(deletion.tm_requested)],
    [t('deletion.started'), deletion.tm_started && formatTime(deletion.tm_started)],
    [t('deletion.finished'), deletion.tm_finished && formatTime(deletion.tm_finished)],
    [t('deletion.confirmed'), deletion.tm_confirmed && formatTime(deletion.tm_confirmed)],
    [t('deletion.estimated'), state === 'deleting' && deletion.tm_estimated && formatTime(deletion.tm_estimated)],
  ]);
  const content = [
    h('p', {}, badge('deletionState', state, state === 'confirmed' ? 'good' : 'warn'), ' ', t(`deletion.text.${state}`)),
    steps(deletion),
    isWaiting ? countdown(deletion.tm_due) : progressBar(deletion.tables),
    dates,
    tableOfRows(deletion.tables),
  ];
  const receipt = deletion.receipt ? await receiptCard(deletion) : null;
  area.replaceChildren(...[way, receipt, card(t('deletion.state'), ...content)].filter(Boolean));
}

export async function view() {
  const token = /^#token=([0-9a-f]{64})$/.exec(location.hash)?.[1];
  if (!token) return { title: t('deletion.title'), content: notice('error', h('p', {}, t('deletion.noLink'))) };
  const area = h('div');
  let retryAfter = null;
  const read = async () => {
    const response = await request('GET', `/auth/deletion?token=${token}`, undefined, { withoutDelegation: true });
    ({ retryAfter } = response);
    return response.data;
  };
  let shown = await read();
  await show(area, shown);
  const next = async () => {
    const deletion = await read();
    if (JSON.stringify(deletion) !== JSON.stringify(shown)) {
      if (deletion.state !== shown.state) announce(t(`deletion.text.${deletion.state}`));
      shown = deletion;
      await show(area, shown);
    }
    return shown.state !== 'confirmed';
  };
  // Readers watch the progress of a running deletion. The other states last longer.
  const delay = () => (shown.state === 'deleting' ? 2000 : 1000 * Math.min(retryAfter ?? 60, 60));
  if (shown.state !== 'confirmed') repeat(delay, next);
  return { title: t('deletion.title'), content: [area, h('p.quiet', {}, t('deletion.keepLink'))] };
}
