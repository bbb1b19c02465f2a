// Access keys: programs use them in place of a password. A new key is shown once.

import { post, remove } from '../api.js';
import { announce, button, buttonRow, confirmAction, copyField, dialog } from '../components.js';
import { h, newId } from '../dom.js';
import { field, form } from '../forms.js';
import { formatDate, t, tName } from '../i18n.js';
import { reload } from '../router.js';
import { can } from '../session.js';
import { pagedTable } from '../tables.js';

const DAY = 86_400;
const KINDS = ['customer', 'agents', 'accesskeys', 'billing_account', 'billing_accounts', 'numbers', 'flows', 'queues', 'trunks', 'extensions', 'storage_files', 'tags', 'transcribes', 'contacts'];

function showToken(key) {
  const element = dialog(t('keys.madeTitle'), (close) => [
    h('p', {}, t('keys.madeText')),
    copyField(t('keys.token'), key.token),
    buttonRow(button(t('keys.kept'), close)),
  ]);
  element.addEventListener('close', reload);
}

/** For each kind: no access, reading, or everything. */
function scopeChoices() {
  const selects = KINDS.map((kind) => {
    const id = newId();
    const options = [['', t('keys.none')], [`${kind}:read`, t('keys.reads')], [kind, t('keys.changes')]];
    const select = h('select', { id }, options.map(([value, label]) => h('option', { value }, label)));
    return { select, element: h('div.row', {}, h('label', { for: id }, tName('kind', kind)), select) };
  });
  const area = h('fieldset.scopes', { hidden: true }, h('legend', {}, t('keys.selected')), selects.map(({ element }) => element));
  return { area, read: () => selects.map(({ select }) => select.value).filter(Boolean) };
}

function create() {
  const element = dialog(t('keys.new'), (close) => {
    const choices = scopeChoices();
    const access = field({ name: 'access', label: t('keys.access'), type: 'select', required: true, choices: [['all', t('keys.all')], ['read', t('keys.readAll')], ['selected', t('keys.some')]] });
    access.input.addEventListener('change', () => {
      choices.area.hidden = access.input.value !== 'selected';
    });
    const fields = [
      field({ name: 'name', label: t('keys.name'), required: true, maxBytes: 255, hint: t('keys.nameHint') }),
      field({ name: 'expire', label: t('keys.lifetime'), type: 'select', required: true, value: String(365 * DAY), choices: [30, 90, 365, 1825].map((days) => [String(days * DAY), t('days', { n: days })]) }),
      access,
      { ...field({ name: 'scopes', label: '' }), element: choices.area, read: choices.read, problem: () => (access.read() === 'selected' && !choices.read().length ? t('keys.noScope') : null), setError: (text) => text && announce(text), input: access.input },
    ];
    const send = async ({ name, expire, access: kind, scopes }) => {
      const wanted = { all: [], read: ['read'], selected: scopes }[kind];
      const key = await post('/v1.0/accesskeys', { name, expire: Number(expire), scopes: wanted });
      close();
      showToken(key);
    };
    return form({ fields, label: t('keys.create'), send, secondary: button(t('cancel'), close, 'secondary') });
  });
  element.querySelector('input')?.focus();
}

function deleteKey(key) {
  confirmAction(t('keys.deleteTitle', { name: key.name || key.token_prefix }), t('keys.deleteText'), t('delete'), async () => {
    await remove(`/v1.0/accesskeys/${key.id}`);
    announce(t('keys.deleted'));
    reload();
  });
}

export async function view() {
  const columns = [
    { label: t('keys.name'), cell: (key) => [h('strong', {}, key.name || t('unnamed')), h('br'), h('code', {}, `${key.token_prefix}…`)] },
    { label: t('keys.access'), cell: (key) => (key.scopes.length ? key.scopes.join(', ') : t('keys.all')) },
    { label: t('keys.lastUsed'), cell: (key) => (key.tm_last_used ? formatDate(key.tm_last_used) : t('never')) },
    { label: t('keys.expires'), cell: (key) => formatDate(key.tm_expire) },
    { label: t('actions'), cell: (key) => button(t('delete'), async () => deleteKey(key), 'danger.small', key.name || key.token_prefix) },
  ];
  const table = await pagedTable({ path: '/v1.0/accesskeys', caption: t('nav.keys'), columns, empty: t('keys.empty') });
  const make = can.makeCredentials() ? buttonRow(button(t('keys.new'), async () => create())) : null;
  return { title: t('nav.keys'), content: [h('p', {}, t('keys.text')), make, table] };
}
