// The account's profile, a waiting change of its e-mail address, and the signed-in agent.

import { getOrNull, put, remove, request } from '../api.js';
import { announce, button, card, facts, notice } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { formatTime, t } from '../i18n.js';
import { reload } from '../router.js';
import { can, loadCustomer, session, signIn } from '../session.js';

/** Only the fields that differ from what was read, so that nobody's later change is undone. */
function changed(values, before) {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== before[name]));
}

function accountForm() {
  const account = session.customer;
  const email = field({ name: 'email', label: t('email'), type: 'email', required: true, maxBytes: 255, value: account.email, hint: t('profile.emailHint'), autocomplete: 'email' });
  const fields = [
    field({ name: 'name', label: t('account.name'), maxBytes: 255, value: account.name, autocomplete: 'organization' }),
    ...(session.delegate ? [] : [email]),
    field({ name: 'phone_number', label: t('account.phone'), type: 'tel', maxBytes: 255, value: account.phone_number, autocomplete: 'tel' }),
    field({ name: 'address', label: t('account.address'), type: 'textarea', maxBytes: 1024, value: account.address }),
    field({ name: 'detail', label: t('account.detail'), type: 'textarea', maxBytes: 4096, value: account.detail }),
  ];
  const send = async (values) => {
    const patch = changed(values, account);
    if (Object.keys(patch).length) await put('/v1.0/customer', patch, { etag: session.etag });
    announce('email' in patch ? t('profile.emailSent', { email: patch.email }) : t('saved'));
    reload();
  };
  return form({ fields, label: t('save'), send });
}

function accountFacts() {
  const { name, email, phone_number: phone, address, detail } = session.customer;
  return facts([[t('account.name'), name], [t('email'), email], [t('account.phone'), phone], [t('account.address'), address], [t('account.detail'), detail]]);
}

function changeNotice(change) {
  const cancel = async () => {
    await remove('/v1.0/customer/email_change');
    announce(t('emailChange.cancelled'));
    reload();
  };
  const mayCancel = can.administer() && can.makeCredentials();
  return notice(
    'info',
    h('p', {}, t('emailChange.waiting', { email: change.email, time: formatTime(change.tm_expire) })),
    mayCancel ? button(t('emailChange.cancel'), cancel, 'secondary') : null,
  );
}

async function ownForm() {
  const path = `/v1.0/agents/${session.me.id}`;
  const { data: me, etag } = await request('GET', path);
  const fields = [
    field({ name: 'name', label: t('agent.name'), maxBytes: 255, value: me.name, autocomplete: 'name' }),
    field({ name: 'detail', label: t('account.detail'), type: 'textarea', maxBytes: 4096, value: me.detail }),
  ];
  const send = async (values) => {
    session.me = await put(path, changed(values, me), { etag });
    announce(t('saved'));
    reload();
  };
  return form({ fields, label: t('save'), send });
}

/** A new password ends every session of the agent, so this one is renewed with it. */
function passwordForm() {
  const fields = [
    field({ name: 'current_password', label: t('password.current'), type: 'password', required: true, autocomplete: 'current-password' }),
    field({ name: 'password', label: t('password.new'), type: 'password', required: true, minLength: 8, hint: t('password.hint'), autocomplete: 'new-password' }),
  ];
  const send = async (values) => {
    const { id, username } = session.me;
    await put(`/v1.0/agents/${id}/password`, values);
    await signIn(username, values.password);
    announce(t('password.changed'));
    reload();
  };
  return form({ fields, label: t('password.change'), send });
}

export async function view() {
  if (can.read()) await loadCustomer();
  const change = can.read() ? await getOrNull('/v1.0/customer/email_change') : null;
  const account = can.read() ? card(t('overview.account'), change ? changeNotice(change) : null, can.administer() ? accountForm() : accountFacts()) : null;
  const own = session.delegate ? null : card(t('overview.you'), facts([[t('agent.username'), session.me.username]]), await ownForm());
  const password = session.delegate ? null : card(t('password'), h('p.quiet', {}, t('password.ends')), passwordForm());
  return { title: t('nav.profile'), content: [account, own, password] };
}
