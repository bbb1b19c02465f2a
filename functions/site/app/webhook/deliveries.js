// The deliveries of webhooks to all endpoints.

import { post } from '../api.js';
import { announce, badge, button } from '../components.js';
import { h } from '../dom.js';
import { formatNumber, formatTime, t, tName } from '../i18n.js';
import { reload } from '../router.js';
import { pagedTable } from '../tables.js';
import { eventName } from './event-names.js';

const STATUSES = { succeeded: 'good', failed: 'bad', pending: 'info' };
const DELIVERIES = '/v1.0/customer/webhook/deliveries';

/** The status of a delivery, with the code of the last response, the cause of a failure, and the time of the next attempt. */
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

/** The event, and its endpoint if there are several. */
function eventOf(delivery, names) {
  const parts = [eventName(delivery.type)];
  if (names.size > 1) parts.push(h('br'), h('span.quiet.endpoint-name', {}, names.get(delivery.endpoint_id) ?? t('webhook.deletedEndpoint')));
  return parts;
}

/** The table of the deliveries. */
export function deliveriesTable(names) {
  const columns = [
    { label: t('time'), cell: (delivery) => formatTime(delivery.tm_create) },
    { label: t('event'), cell: (delivery) => eventOf(delivery, names) },
    { label: t('status'), cell: outcome },
    { label: t('webhook.attempts'), cell: (delivery) => formatNumber(delivery.attempts) },
    { label: t('webhook.latency'), cell: (delivery) => (delivery.latency_ms === null ? '–' : `${formatNumber(delivery.latency_ms)} ms`) },
    { label: t('actions'), cell: (delivery) => redeliverButton(delivery, names) },
  ];
  return pagedTable({ path: DELIVERIES, caption: t('webhook.deliveries'), columns, empty: t('webhook.noDeliveries') });
}

/** A deleted endpoint has no URL to which a webhook could be sent again. */
function redeliverButton(delivery, names) {
  if (!names.has(delivery.endpoint_id)) return '–';
  const about = [eventName(delivery.type), formatTime(delivery.tm_create)];
  if (names.size > 1) about.push(names.get(delivery.endpoint_id));
  return button(t('webhook.redeliver'), () => redeliver(delivery), 'secondary.small', about.join(', '));
}
