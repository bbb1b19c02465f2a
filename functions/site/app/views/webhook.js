// The webhook endpoint, its secret, and its deliveries.

import { get, post, put } from '../api.js';
import { announce, badge, button, buttonRow, card, confirmAction, copyField, dialog, facts } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { formatNumber, formatTime, t, tName } from '../i18n.js';
import { reload } from '../router.js';
import { can, loadCustomer, session } from '../session.js';
import { pagedTable } from '../tables.js';

const STATES = { active: 'good', failing: 'bad', refused: 'bad', disabled: 'bad', off: '' };
const STATUSES = { succeeded: 'good', failed: 'bad', pending: 'info' };
const DELIVERIES = '/v1.0/customer/webhook/deliveries';

function endpointForm() {
  const { webhook_uri: uri, webhook_method: method } = session.customer;
  const fields = [
    field({ name: 'webhook_uri', label: t('webhook.uri'), type: 'url', maxBytes: 1023, value: uri, hint: t('webhook.uriHint') }),
    field({ name: 'webhook_method', label: t('webhook.method'), type: 'select', required: true, value: method || 'POST', choices: ['POST', 'PUT', 'GET', 'DELETE'].map((name) => [name, name]) }),
  ];
  const send = async (values) => {
    await put('/v1.0/customer', values, { etag: session.etag });
    announce(t('saved'));
    reload();
  };
  return form({ fields, label: t('save'), send });
}

function rotate() {
  confirmAction(t('webhook.rotateTitle'), t('webhook.rotateText'), t('webhook.rotate'), async () => {
    const { secret } = await post('/v1.0/customer/webhook/rotate');
    const element = dialog(t('webhook.secretTitle'), (close) => [
      h('p', {}, t('webhook.secretText')),
      copyField(t('webhook.secret'), secret),
      buttonRow(button(t('keys.kept'), close)),
    ]);
    element.addEventListener('close', reload);
  }, '');
}

async function sendTest() {
  await post('/v1.0/customer/webhook/test');
  announce(t('webhook.testSent'));
  reload();
}

function endpointCard(webhook) {
  const rows = facts([
    [t('status'), badge('webhookState', webhook.state, STATES[webhook.state])],
    [t('webhook.retriedAt'), webhook.tm_failing_until && formatTime(webhook.tm_failing_until)],
    [t('webhook.secret'), webhook.secret_prefix ? h('code', {}, `${webhook.secret_prefix}…`) : t('webhook.noSecret')],
    [t('webhook.previous'), webhook.tm_previous_secret_until && formatTime(webhook.tm_previous_secret_until)],
  ]);
  const actions = buttonRow(
    can.makeCredentials() ? button(t('webhook.rotate'), async () => rotate(), 'secondary') : null,
    webhook.webhook_uri ? button(t('webhook.test'), sendTest, 'secondary') : null,
  );
  return card(t('webhook.endpoint'), rows, endpointForm(), actions);
}

/** Why the last attempt failed, in words, and the code of the response. */
function outcome(delivery) {
  const parts = [badge('deliveryStatus', delivery.status, STATUSES[delivery.status])];
  if (delivery.status_code) parts.push(' ', t('webhook.code', { code: delivery.status_code }));
  if (delivery.error && delivery.error !== 'http_status') parts.push(h('br'), tName('deliveryError', delivery.error));
  if (delivery.tm_next) parts.push(h('br'), t('webhook.next', { time: formatTime(delivery.tm_next) }));
  return parts;
}

async function redeliver(delivery) {
  await post(`${DELIVERIES}/${delivery.id}/redeliver`);
  announce(t('webhook.redelivered'));
  reload();
}

async function deliveries() {
  const columns = [
    { label: t('time'), cell: (delivery) => formatTime(delivery.tm_create) },
    { label: t('event'), cell: (delivery) => tName('event', delivery.type) },
    { label: t('status'), cell: outcome },
    { label: t('webhook.attempts'), cell: (delivery) => formatNumber(delivery.attempts) },
    { label: t('webhook.latency'), cell: (delivery) => (delivery.latency_ms === null ? '–' : `${formatNumber(delivery.latency_ms)} ms`) },
    { label: t('actions'), cell: (delivery) => button(t('webhook.redeliver'), () => redeliver(delivery), 'secondary.small', `${tName('event', delivery.type)}, ${formatTime(delivery.tm_create)}`) },
  ];
  return pagedTable({ path: DELIVERIES, caption: t('webhook.deliveries'), columns, empty: t('webhook.noDeliveries') });
}

export async function view() {
  const [webhook, rows] = await Promise.all([get('/v1.0/customer/webhook'), deliveries(), loadCustomer()]);
  const refresh = button(t('refresh'), async () => reload(), 'secondary');
  return { title: t('nav.webhook'), content: [h('p', {}, t('webhook.intro')), endpointCard(webhook), card(t('webhook.deliveries'), refresh, rows)] };
}
