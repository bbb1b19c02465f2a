// The choice of event types in the form of an endpoint.

import { h, newId } from '../dom.js';
import { t } from '../i18n.js';
import { eventName, groupEventTypes } from './event-names.js';

const NAME = 'event_types';

function choice(attributes, label) {
  const id = newId();
  const input = h('input', { id, ...attributes });
  return { input, element: h('div.choice', {}, input, h('label', { for: id }, label)) };
}

/** The types of one group. It is open if some of them are chosen, and its summary counts these. */
function groupOf({ name, types }, chosen) {
  const boxes = types.map((type) => choice({ type: 'checkbox', value: type, checked: chosen.includes(type) }, eventName(type)));
  const read = () => boxes.map(({ input }) => input).filter((input) => input.checked).map((input) => input.value);
  const count = h('span.quiet');
  const showCount = () => {
    count.textContent = t('usage.of', { used: read().length, limit: types.length });
  };
  showCount();
  const fields = h('fieldset', {}, h('legend.unseen', {}, name), h('div.choices', {}, boxes.map(({ element }) => element)));
  const element = h('details', { open: read().length > 0, onchange: showCount }, h('summary', {}, h('span', {}, name), ' ', count), fields);
  return { element, read };
}

/**
 * A field in which the reader chooses all event types, or some of them. Its value is the list of the chosen types, which is empty
 * for all. `types` are those that the service lists.
 */
export function eventChoice(types, chosen) {
  const name = newId();
  const radio = (value, label, checked) => choice({ type: 'radio', name, value, checked }, label);
  const all = radio('all', t('webhook.allEvents'), chosen.length === 0);
  const some = radio('some', t('webhook.someEvents'), chosen.length > 0);
  const groups = groupEventTypes(types).map((group) => groupOf(group, chosen));
  const area = h('div.groups', { hidden: !some.input.checked }, groups.map(({ element }) => element));
  const errorId = newId();
  const error = h('p.field-error', { id: errorId, hidden: true });
  const setError = (text) => {
    error.textContent = text ?? '';
    error.hidden = !text;
    if (text) some.input.setAttribute('aria-describedby', errorId);
    else some.input.removeAttribute('aria-describedby');
  };
  const read = () => (some.input.checked ? groups.flatMap((group) => group.read()) : []);
  const update = () => {
    area.hidden = !some.input.checked;
    setError(null);
  };
  const element = h('fieldset.events', { onchange: update }, h('legend', {}, t('webhook.events')), all.element, some.element, error, area);
  const problem = () => (some.input.checked && !read().length ? t('webhook.noEvent') : null);
  return { name: NAME, label: t('webhook.events'), input: some.input, read, problem, setError, element };
}
