// The deletion of an account, and its receipt.

import { badge, buttonRow, card, downloadLink, facts } from '../components.js';
import { countdown } from '../countdown.js';
import { h } from '../dom.js';
import { formatNumber, formatTime, t } from '../i18n.js';
import { receiptResult } from '../receipt-result.js';

export async function deletionCard(deletion, account) {
  if (!deletion) return null;
  const deleted = deletion.tables.reduce((sum, each) => sum + each.deleted, 0);
  const receipt = deletion.receipt
    ? [buttonRow(downloadLink(t('receipt.download'), `erasure-receipt-${account.id}.jwt`, 'application/jwt', deletion.receipt)), await receiptResult(deletion.receipt)]
    : null;
  return card(
    t('deletion.title'),
    h('p', {}, badge('deletionState', deletion.state, deletion.state === 'confirmed' ? 'good' : 'warn'), ' ', t(`deletion.text.${deletion.state}`)),
    deletion.state === 'requested' && deletion.tm_due ? countdown(deletion.tm_due) : null,
    facts([
      [t('deletion.requested'), deletion.tm_requested && formatTime(deletion.tm_requested)],
      [t('deletion.started'), deletion.tm_started && formatTime(deletion.tm_started)],
      [t('deletion.finished'), deletion.tm_finished && formatTime(deletion.tm_finished)],
      [t('deletion.confirmed'), deletion.tm_confirmed && formatTime(deletion.tm_confirmed)],
      [t('deletion.deleted'), deletion.tm_started && formatNumber(deleted)],
    ]),
    receipt,
  );
}
