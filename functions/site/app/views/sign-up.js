// Signing up. The response is the same for known and for new addresses, so this view is, too.

import { post } from '../api.js';
import { announce } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { t } from '../i18n.js';

export function view() {
  const area = h('section.card');
  const fields = [
    field({ name: 'email', label: t('email'), type: 'email', required: true, maxBytes: 255, autocomplete: 'email' }),
    field({ name: 'name', label: t('account.name'), hint: t('signUp.nameHint'), maxBytes: 255, autocomplete: 'organization' }),
    field({ name: 'accepted_tos', label: t('signUp.terms'), type: 'checkbox', required: true }),
  ];
  const send = async (values) => {
    await post('/auth/signup', values);
    const done = h('h2', { tabindex: '-1' }, t('signUp.doneTitle'));
    area.replaceChildren(done, h('p', {}, t('signUp.done', { email: values.email })), h('p', {}, t('signUp.then')));
    announce(t('signUp.doneTitle'));
    done.focus();
  };
  area.append(form({ fields, label: t('signUp.submit'), send }), h('ul.links', {}, h('li', {}, h('a', { href: '/account' }, t('signUp.signIn')))));
  return { title: t('signUp.title'), isNarrow: true, content: area };
}
