// Signing in. The view stands in for every view that needs a session, and the wanted one follows.

import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { t } from '../i18n.js';
import { reload } from '../router.js';
import { signIn } from '../session.js';

export function view() {
  const fields = [
    field({ name: 'username', label: t('signIn.username'), required: true, autocomplete: 'username' }),
    field({ name: 'password', label: t('password'), type: 'password', required: true, autocomplete: 'current-password' }),
  ];
  const send = async ({ username, password }) => {
    await signIn(username, password);
    reload();
  };
  const links = h(
    'ul.links',
    {},
    h('li', {}, h('a', { href: '/account/forgotten' }, t('signIn.forgotten'))),
    h('li', {}, h('a', { href: '/account/sign-up' }, t('signIn.signUp'))),
    h('li', {}, h('a', { href: '/account/receipt' }, t('signIn.receipt'))),
  );
  const content = h('section.card', {}, form({ fields, label: t('signIn.submit'), send }), links);
  return { title: t('signIn.title'), isNarrow: true, content };
}

