// Finds accounts. The search is in the fragment of the URL, so that it can be kept and shared.

import { get, withQuery } from '../api.js';
import { buttonLink, card, statusBadge } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { formatDate, t, tName } from '../i18n.js';
import { navigate } from '../router.js';
import { pagedTable } from '../tables.js';
import { accountName, inDays } from './data.js';

const PATH = '/v1.0/customers';
const STATUSES = ['initial', 'active', 'frozen', 'deleted', 'expired'];
const NAMES = ['find', 'status', 'due', 'held'];
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function readSearch() {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(NAMES.map((name) => [name, given.get(name) ?? '']));
}

/** A name with an @ can be the address of an account, or the username of an agent. */
async function parametersOf({ find, status, due, held }) {
  const filters = { status, due_before: due ? inDays(Number(due)) : '', held };
  if (!find.includes('@')) return { ...filters, username: find };
  const byEmail = { ...filters, email: find };
  const found = await get(withQuery(PATH, { ...byEmail, page_size: 1 }));
  return found.result.length ? byEmail : { ...filters, username: find };
}

function searchForm(search) {
  const any = ['', t('search.any')];
  const fields = [
    field({ name: 'find', label: t('search.find'), value: search.find, hint: t('search.findHint'), maxBytes: 1020, isUnmarked: true }),
    field({ name: 'status', label: t('status'), type: 'select', isUnmarked: true, value: search.status, choices: [['', t('search.open')], ...STATUSES.map((status) => [status, tName('status', status)])] }),
    field({ name: 'due', label: t('search.due'), type: 'select', isUnmarked: true, value: search.due, choices: [any, ...[1, 7, 30].map((days) => [String(days), t('search.within', { n: days })])] }),
    field({ name: 'held', label: t('hold'), type: 'select', isUnmarked: true, value: search.held, choices: [any, ['true', t('search.held')], ['false', t('search.notHeld')]] }),
  ];
  const send = async (values) => {
    if (ID.test(values.find)) return navigate(`/console/accounts/${values.find}`);
    const given = Object.entries(values).filter(([, value]) => value !== '');
    return navigate(`/console/accounts#${new URLSearchParams(given)}`);
  };
  const element = form({ fields, label: t('search.submit'), send, secondary: buttonLink(t('search.reset'), '/console/accounts', { class: 'button secondary' }) });
  element.classList.add('search');
  element.setAttribute('role', 'search');
  return element;
}

export async function view() {
  const search = readSearch();
  const columns = [
    { label: t('account'), cell: (account) => [h('a', { href: `/console/accounts/${account.id}` }, accountName(account)), account.name && account.email ? [h('br'), account.email] : null] },
    { label: t('status'), cell: (account) => [statusBadge(account.status), account.hold ? [' ', h('span.badge.info', {}, t('hold.on'))] : null] },
    { label: t('account.created'), cell: (account) => formatDate(account.tm_create) },
    { label: t('close.due'), cell: (account) => formatDate(account.tm_deletion_scheduled ?? account.tm_delete) },
  ];
  const rows = await pagedTable({ path: PATH, parameters: await parametersOf(search), caption: t('nav.accounts'), columns, empty: t('search.empty'), size: 50 });
  return { title: t('nav.accounts'), content: [card(t('search.title'), searchForm(search)), rows] };
}

