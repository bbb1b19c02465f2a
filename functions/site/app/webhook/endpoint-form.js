// The form of a new or an existing endpoint.

import { get, post, put } from '../api.js';
import { announce, button, dialog } from '../components.js';
import { field, form } from '../forms.js';
import { t } from '../i18n.js';
import { session } from '../session.js';
import { ENDPOINTS, isFirst, reloadAt, withOwnReason } from './endpoints.js';
import { eventChoice } from './event-choice.js';

const METHODS = ['POST', 'PUT', 'GET', 'DELETE'];

function fieldsOf(endpoint, types) {
  const isRequired = !endpoint || !isFirst(endpoint);
  const { webhook_uri: uri = '', webhook_method: method, event_types: chosen = [] } = endpoint ?? {};
  const hint = t(isRequired ? 'webhook.uriHint' : 'webhook.firstUriHint');
  return [
    field({ name: 'webhook_uri', label: t('webhook.uri'), type: 'url', required: isRequired, maxBytes: 1023, value: uri, hint }),
    field({ name: 'webhook_method', label: t('webhook.method'), type: 'select', required: true, value: method || 'POST', choices: METHODS.map((name) => [name, name]) }),
    eventChoice(types, chosen),
  ];
}

// RESOURCE_LIMIT_EXCEEDED is usually about a limit of the plan. The limit of endpoints is the same for all, so it has its own text.
const create = (values) => withOwnReason(post(ENDPOINTS, values), 'RESOURCE_LIMIT_EXCEEDED', 'WEBHOOK_ENDPOINT_LIMIT');

async function openForm(title, label, endpoint, save) {
  const types = (await get('/v1.0/customer/webhook/event_types')).result.map(({ type }) => type);
  const element = dialog(title, (close) => {
    const send = async (values) => {
      const { id } = await save(values);
      close();
      announce(t('saved'));
      reloadAt(id);
    };
    return form({ fields: fieldsOf(endpoint, types), label, send, secondary: button(t('cancel'), close, 'secondary') });
  });
  element.querySelector('input').focus();
}

export const addEndpoint = () => openForm(t('webhook.new'), t('webhook.add'), null, create);

export function changeEndpoint(endpoint) {
  const save = (values) => put(`${ENDPOINTS}/${endpoint.id}`, values, { etag: session.etag });
  return openForm(t(endpoint.webhook_uri ? 'webhook.changeTitle' : 'webhook.set'), t('save'), endpoint, save);
}
