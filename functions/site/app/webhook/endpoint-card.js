// The card of one endpoint: its state, its secret, and what can be done with it.

import { post, remove } from '../api.js';
import { announce, badge, button, buttonRow, confirmAction, copyField, dialog, facts } from '../components.js';
import { h, newId } from '../dom.js';
import { formatNumber, formatTime, t } from '../i18n.js';
import { reload } from '../router.js';
import { can, session } from '../session.js';
import { changeEndpoint } from './endpoint-form.js';
import { ENDPOINTS, cardId, isFirst, reloadAt, withOwnReason } from './endpoints.js';
import { eventName } from './event-names.js';

const STATES = { active: 'good', failing: 'bad', refused: 'bad', disabled: 'bad', off: '' };
/** A longer choice is shown as a number. */
const MAX_SHOWN_EVENTS = 6;

function rotate(endpoint) {
  confirmAction(t('webhook.rotateTitle'), t('webhook.rotateText'), t('webhook.rotate'), async () => {
    const request = post(`${ENDPOINTS}/${endpoint.id}/rotate`);
    const { secret } = await withOwnReason(request, 'STATE_INVALID', 'WEBHOOK_ROTATION_LIMIT');
    const element = dialog(t('webhook.secretTitle'), (close) => [
      h('p', {}, t('webhook.secretText')),
      copyField(t('webhook.secret'), secret),
      buttonRow(button(t('keys.kept'), close)),
    ]);
    element.addEventListener('close', () => reloadAt(endpoint.id));
  }, '');
}

async function sendTest(endpoint) {
  await post(`${ENDPOINTS}/${endpoint.id}/test`);
  announce(t('webhook.testSent'));
  reloadAt(endpoint.id);
}

function deleteEndpoint(endpoint, name) {
  const [title, text, label, done] = isFirst(endpoint)
    ? ['webhook.clearTitle', 'webhook.clearText', 'webhook.clear', 'webhook.cleared']
    : ['webhook.deleteTitle', 'webhook.deleteText', 'delete', 'webhook.deleted'];
  confirmAction(t(title, { name }), t(text), t(label), async () => {
    await remove(`${ENDPOINTS}/${endpoint.id}`, { etag: session.etag });
    announce(t(done));
    reload();
  });
}

function chosenEvents(types) {
  if (!types.length) return t('webhook.allEventsShort');
  if (types.length > MAX_SHOWN_EVENTS) return t('webhook.eventCount', { n: formatNumber(types.length) });
  return types.map(eventName).join(', ');
}

function actions(endpoint, name) {
  const hasUri = Boolean(endpoint.webhook_uri);
  return buttonRow(
    button(t(hasUri ? 'webhook.change' : 'webhook.set'), () => changeEndpoint(endpoint), hasUri ? 'secondary.small' : 'small', name),
    hasUri ? button(t('webhook.test'), () => sendTest(endpoint), 'secondary.small', name) : null,
    can.makeCredentials() ? button(t('webhook.rotate'), async () => rotate(endpoint), 'secondary.small', name) : null,
    hasUri ? button(t(isFirst(endpoint) ? 'webhook.clear' : 'delete'), async () => deleteEndpoint(endpoint, name), 'danger.small', name) : null,
  );
}

export function endpointCard(endpoint, name) {
  const { webhook_uri: uri, state, tm_failing_until: retriedAt, tm_previous_secret_until: previous } = endpoint;
  const rows = facts([
    [t('status'), badge('webhookState', state, STATES[state])],
    [t('webhook.retriedAt'), retriedAt && formatTime(retriedAt)],
    [t('webhook.uri'), uri && h('code', {}, uri)],
    [t('webhook.method'), uri && (endpoint.webhook_method || 'POST')],
    [t('webhook.events'), uri && chosenEvents(endpoint.event_types)],
    [t('webhook.secret'), endpoint.secret_prefix ? h('code', {}, `${endpoint.secret_prefix}…`) : t('webhook.noSecret')],
    [t('webhook.previous'), previous && formatTime(previous)],
  ]);
  const id = newId();
  return h('section.card.endpoint', { id: cardId(endpoint.id), 'aria-labelledby': id }, h('h2', { id, tabindex: '-1' }, name), rows, actions(endpoint, name));
}
