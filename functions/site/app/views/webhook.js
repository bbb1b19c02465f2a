// The webhook endpoints and their deliveries.

import { get } from '../api.js';
import { button, buttonRow, card } from '../components.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { reload } from '../router.js';
import { loadCustomer } from '../session.js';
import { deliveriesTable } from '../webhook/deliveries.js';
import { endpointCard } from '../webhook/endpoint-card.js';
import { addEndpoint } from '../webhook/endpoint-form.js';
import { ENDPOINTS, MAX_ENDPOINTS, endpointNames } from '../webhook/endpoints.js';

export async function view() {
  // The entity tag must not be newer than the endpoints, so that nobody overwrites a change unseen.
  await loadCustomer();
  const endpoints = (await get(ENDPOINTS)).result;
  const names = endpointNames(endpoints);
  const rows = await deliveriesTable(names);
  // Until the first endpoint has an address, setting it is the main action, so this button is a secondary one.
  const kind = endpoints[0].webhook_uri ? '' : 'secondary';
  const add = endpoints.length < MAX_ENDPOINTS ? buttonRow(button(t('webhook.add'), addEndpoint, kind)) : h('p.quiet', {}, t('webhook.full'));
  const cards = endpoints.map((endpoint) => endpointCard(endpoint, names.get(endpoint.id)));
  const refresh = button(t('refresh'), async () => reload(), 'secondary');
  return {
    title: t('nav.webhook'),
    content: [h('p', {}, t('webhook.intro')), add, h('div.endpoints', {}, cards), card(t('webhook.deliveries'), refresh, h('div.deliveries', {}, rows))],
  };
}
