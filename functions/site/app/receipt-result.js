// The result of the verification of a receipt.

import { card, errorNotice, facts, notice } from './components.js';
import { ApiError } from './api.js';
import { h } from './dom.js';
import { formatNumber, formatTime, t, tName } from './i18n.js';
import { verifyReceipt } from './receipt.js';

function checkItem(name, isValid) {
  return h(`li.${isValid ? 'passed' : 'failed'}`, {}, h('strong', {}, isValid ? t('receipt.passed') : t('receipt.failed')), ' ', t(`receipt.check.${name}`));
}

/** The claims of a valid receipt. Others may be of any form, and nobody vouches for them. */
function claimFacts(claims) {
  const rows = claims.tables.reduce((sum, each) => sum + each.deleted, 0);
  return facts([
    [t('receipt.issuer'), claims.iss],
    [t('account.id'), h('code', {}, claims.customer_id)],
    [t('receipt.requestedBy'), tName('requestedBy', claims.requested_by)],
    [t('deletion.finished'), formatTime(claims.tm_finished)],
    [t('deletion.confirmed'), formatTime(claims.tm_confirmed)],
    [t('receipt.rows'), t('receipt.rowsIn', { rows: formatNumber(rows), tables: claims.tables.length })],
    [t('receipt.hash'), h('code', {}, claims.ledger_sha256)],
  ]);
}

/** Verifies a receipt and shows each check with its result. */
export async function receiptResult(text) {
  let result;
  try {
    result = await verifyReceipt(text);
  } catch (error) {
    if (error instanceof ApiError) return errorNotice(error);
    const isUnsupported = error.name === 'NotSupportedError';
    return notice('error', h('p', {}, t(isUnsupported ? 'receipt.unsupported' : 'receipt.invalid')));
  }
  const { claims, checks } = result;
  const isValid = Object.values(checks).every(Boolean);
  return card(
    isValid ? t('receipt.valid') : t('receipt.notValid'),
    h('ul.checks', {}, Object.entries(checks).map(([name, passed]) => checkItem(name, passed))),
    isValid ? claimFacts(claims) : null,
  );
}
