// Lists of rows. On a phone, each row is a card. The roles keep the meaning of a table that the layout would hide.

import { get, withQuery } from './api.js';
import { button } from './components.js';
import { h } from './dom.js';
import { t } from './i18n.js';

const cell = (column, row) => h('td', { role: 'cell', 'data-label': column.label }, h('div', {}, column.cell(row)));

function bodyRow(columns, row) {
  return h('tr', { role: 'row' }, columns.map((column) => cell(column, row)));
}

/** A table. A column has a label and a function that returns the content of a cell. A compact table stays a table on a phone. */
export function table(caption, columns, rows, { isCompact = false } = {}) {
  const body = h('tbody', { role: 'rowgroup' }, rows.map((row) => bodyRow(columns, row)));
  const head = columns.map((column) => h('th', { scope: 'col', role: 'columnheader' }, column.label));
  return h(
    'table',
    { role: 'table', class: isCompact ? null : 'cards' },
    h('caption', {}, caption),
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, head)),
    body,
  );
}

/** A list of the API, with a button for its next page. */
export async function pagedTable({ path, parameters = {}, caption, columns, empty, size = 20 }) {
  const read = (token) => get(withQuery(path, { ...parameters, page_size: size, page_token: token }));
  const first = await read('');
  const element = table(caption, columns, first.result);
  const body = element.querySelector('tbody');
  const none = h('p.quiet', {}, empty);
  const area = h('div', {}, first.result.length ? element : none);
  let token = first.next_page_token;
  const more = button(t('more'), async () => {
    const part = await read(token);
    const rows = part.result.map((row) => bodyRow(columns, row));
    body.append(...rows);
    // A page may have no row although a later one has.
    if (rows.length) none.replaceWith(element);
    token = part.next_page_token;
    if (token) return;
    more.remove();
    rows[0]?.setAttribute('tabindex', '-1');
    rows[0]?.focus();
  }, 'secondary');
  if (token) area.append(more);
  return area;
}
