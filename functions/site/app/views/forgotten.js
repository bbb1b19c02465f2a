// A forgotten password: sends a mail with a link.

import { post } from '../api.js';
import { announce } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { t } from '../i18n.js';

export function view() {
  const area = h('section.card', {}, h('p', {}, t('forgotten.text')));
  const fields = [field({ name: 'username', label: t('signIn.username'), required: true, maxBytes: 1020, autocomplete: 'username' })];
  const send = async (values) => {
    await post('/auth/password-forgot', values);
    const done = h('h2', { tabindex: '-1' }, t('signUp.doneTitle'));
    area.replaceChildren(done, h('p', {}, t('forgotten.done')), h('p', {}, h('a', { href: '/account' }, t('signUp.signIn'))));
    announce(t('signUp.doneTitle'));
    done.focus();
  };
  area.append(form({ fields, label: t('forgotten.submit'), send }), h('ul.links', {}, h('li', {}, h('a', { href: '/account' }, t('signUp.signIn')))));
  return { title: t('forgotten.title'), isNarrow: true, content: area };
}
