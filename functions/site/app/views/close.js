// Closing the account: first the plan, then the password. Deleting at once needs the typed phrase as well.

import { post, request } from '../api.js';
import { button, card, facts, notice } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { formatTime, t } from '../i18n.js';
import { planTable } from '../plan-table.js';
import { navigate } from '../router.js';
import { forgetSession, session } from '../session.js';

const PHRASE = 'DELETE';
const STATUS_LINK = /[?&]token=([0-9a-f]{64})/;

/** Where the progress of the deletion is shown. The service sends the link with its response. */
function progressPath(link) {
  const token = STATUS_LINK.exec(link ?? '')?.[1];
  return token ? `/account/deletion#token=${token}` : '/account';
}

async function unregister(body) {
  const { link } = await request('POST', '/auth/unregister', body);
  forgetSession();
  navigate(progressPath(link));
}

function freezeCard(plan) {
  const fields = [field({ name: 'password', label: t('password'), type: 'password', required: true, autocomplete: 'current-password' })];
  const send = ({ password }) => unregister({ password });
  return card(t('close.freezeTitle'), h('p', {}, t('close.freezeText', { time: formatTime(plan.tm_due) })), form({ fields, label: t('close.freeze'), send, kind: 'danger' }));
}

function deleteCard() {
  const isPhrase = (value) => (value === PHRASE ? null : t('close.phraseWrong', { phrase: PHRASE }));
  const fields = [
    field({ name: 'confirmation_phrase', label: t('close.phrase', { phrase: PHRASE }), required: true, check: isPhrase }),
    field({ name: 'password', label: t('password'), type: 'password', required: true, autocomplete: 'current-password' }),
  ];
  const send = (values) => unregister({ ...values, immediate: true });
  const area = h('div');
  const open = button(t('close.now'), async () => {
    open.remove();
    area.append(form({ fields, label: t('close.deleteNow'), send, kind: 'danger' }));
    fields[0].input.focus();
  }, 'secondary');
  area.append(open);
  return card(t('close.nowTitle'), h('p', {}, t('close.nowText')), area);
}

export async function view() {
  const plan = await post('/auth/unregister', { dry_run: true });
  const held = session.customer?.hold ? notice('info', h('p', {}, t('hold.own'))) : null;
  const steps = card(
    t('close.planTitle'),
    facts([[t('close.due'), formatTime(plan.tm_due)]]),
    planTable(plan),
    h('p', {}, t('close.exportFirst'), ' ', h('a', { href: '/account/export' }, t('nav.export'))),
  );
  const isFrozen = session.isFrozen;
  return { title: t('nav.close'), content: [h('p', {}, t('close.text')), held, steps, isFrozen ? null : freezeCard(plan), deleteCard()] };
}

