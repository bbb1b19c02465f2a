// One account for platform admins: its state, and what may be done with it.

import { getOrNull, post, request } from '../api.js';
import { announce, button, buttonRow, card, dialog, facts, notice, statusBadge } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { formatTime, t } from '../i18n.js';
import { planTable } from '../plan-table.js';
import { navigate, reload } from '../router.js';
import { startDelegation } from '../session.js';
import { timeline } from '../timeline.js';
import { accountName } from './data.js';
import { deletionCard } from './deletion-card.js';
import { holdCard } from './hold-card.js';
import { billingCard } from './billing-card.js';

const PHRASE = 'DELETE';
const pathOf = (account) => `/v1.0/customers/${account.id}`;

/** Freezes the account, until a date of the operator's choice if one is given. */
function freeze(account) {
  dialog(t('operator.freezeTitle'), (close) => {
    const fields = [field({ name: 'tm_deletion_scheduled', label: t('operator.freezeDate'), type: 'date', hint: t('operator.freezeHint') })];
    const send = async ({ tm_deletion_scheduled: date }) => {
      await post(`${pathOf(account)}/freeze`, date ? { tm_deletion_scheduled: `${date}T00:00:00Z` } : {});
      close();
      announce(t('operator.frozen'));
      reload();
    };
    return [h('p', {}, t('operator.freezeText')), form({ fields, label: t('operator.freeze'), send, kind: 'danger', secondary: button(t('cancel'), close, 'secondary') })];
  });
}

async function recover(account) {
  await post(`${pathOf(account)}/recover`);
  announce(t('operator.recovered'));
  reload();
}

/** Deletes the account at once: the plan first, then the typed phrase. */
async function deleteNow(account, etag) {
  const plan = (await request('GET', `${pathOf(account)}/deletion?dry_run=true`)).data;
  dialog(t('operator.deleteTitle', { name: accountName(account) }), (close) => {
    const isPhrase = (value) => (value === PHRASE ? null : t('close.phraseWrong', { phrase: PHRASE }));
    const fields = [field({ name: 'phrase', label: t('close.phrase', { phrase: PHRASE }), required: true, check: isPhrase })];
    const send = async () => {
      await request('DELETE', pathOf(account), undefined, { etag });
      close();
      announce(t('operator.deleted'));
      reload();
    };
    return [h('p', {}, t('close.nowText')), planTable(plan), form({ fields, label: t('close.deleteNow'), send, kind: 'danger', secondary: button(t('cancel'), close, 'secondary') })];
  });
}

function delegate(account) {
  dialog(t('delegation.title'), (close) => {
    const fields = [field({ name: 'reason', label: t('delegation.reason'), required: true, minLength: 10, maxBytes: 200, hint: t('delegation.hint') })];
    const send = async ({ reason }) => {
      await startDelegation(account, reason);
      close();
      navigate('/account');
    };
    return [h('p', {}, t('delegation.text')), form({ fields, label: t('delegation.start'), send, secondary: button(t('cancel'), close, 'secondary') })];
  });
}

function actions(account, etag) {
  const { status } = account;
  const isOpen = ['initial', 'active', 'frozen'].includes(status);
  if (!isOpen) return null;
  return buttonRow(
    status === 'active' ? button(t('delegation.start'), async () => delegate(account), 'secondary') : null,
    status === 'frozen' ? button(t('operator.recover'), () => recover(account), 'secondary') : null,
    status === 'initial' ? null : button(status === 'frozen' ? t('operator.extend') : t('operator.freeze'), async () => freeze(account), 'secondary'),
    account.hold ? null : button(t('close.now'), () => deleteNow(account, etag), 'danger'),
  );
}

function profile(account) {
  const { name, email, email_verified: isVerified, phone_number: phone, address, detail, webhook_uri: uri } = account;
  return card(
    t('overview.account'),
    facts([
      [t('status'), statusBadge(account.status)],
      [t('account.name'), name],
      [t('email'), email && `${email} (${isVerified ? t('email.verified') : t('email.unverified')})`],
      [t('account.phone'), phone],
      [t('account.address'), address],
      [t('account.detail'), detail],
      [t('webhook.uri'), uri],
      [t('account.created'), formatTime(account.tm_create)],
      [t('close.due'), account.tm_deletion_scheduled && formatTime(account.tm_deletion_scheduled)],
      [t('account.ended'), account.tm_delete && formatTime(account.tm_delete)],
      [t('account.id'), h('code', {}, account.id)],
    ]),
  );
}

export async function view(id) {
  const { data: account, etag } = await request('GET', `/v1.0/customers/${id}`);
  const isOver = ['deleted', 'expired'].includes(account.status);
  const isEnding = isOver || account.status === 'frozen';
  const [hold, deletion, log] = await Promise.all([
    account.hold || isOver ? getOrNull(`/v1.0/customers/${id}/hold`) : null,
    isEnding ? getOrNull(`/v1.0/customers/${id}/deletion`) : null,
    timeline(`/v1.0/customers/${id}/audit`),
  ]);
  const over = isOver ? notice('info', h('p', {}, t('operator.isOver'))) : null;
  return {
    title: accountName(account),
    content: [
      h('p', {}, h('a', { href: '/console/accounts' }, t('operator.back'))),
      over,
      actions(account, etag),
      h('div.columns', {}, profile(account), await deletionCard(deletion, account), holdCard(account, hold, deletion?.state === 'confirmed'), account.status === 'active' ? billingCard(account) : null),
      card(t('operator.timeline'), log),
    ],
  };
}

