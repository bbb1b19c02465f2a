// Agents: the people and programs that sign in to the account.

import { post, put, remove } from '../api.js';
import { announce, button, buttonRow, confirmAction, dialog } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { formatDate, t, tName } from '../i18n.js';
import { ROLES, roles } from '../roles.js';
import { reload } from '../router.js';
import { can, session } from '../session.js';
import { pagedTable } from '../tables.js';

const isGuest = (agent) => agent.username.startsWith('guest-');

/** The roles that the caller may give: none above its own. */
function roleFields(permission) {
  const offered = ROLES.filter(([bit]) => can.grant(bit));
  return offered.map(([bit, key]) => field({ name: `role${bit}`, label: t(key), type: 'checkbox', value: permission & bit, hint: t(`${key}.hint`) }));
}

const permissionOf = (values) => ROLES.reduce((sum, [bit]) => sum + (values[`role${bit}`] ? bit : 0), 0);

function create() {
  dialog(t('agents.new'), (close) => {
    const fields = [
      field({ name: 'username', label: t('agent.username'), required: true, maxBytes: 255, hint: t('agents.usernameHint'), autocomplete: 'off' }),
      field({ name: 'password', label: t('password'), type: 'password', required: true, minLength: 8, hint: t('password.hint'), autocomplete: 'new-password' }),
      field({ name: 'name', label: t('agent.name'), maxBytes: 255 }),
      ...roleFields(16),
    ];
    const send = async (values) => {
      const { username, password, name } = values;
      await post('/v1.0/agents', { username, password, name, permission: permissionOf(values) });
      close();
      announce(t('agents.created', { name: username }));
      reload();
    };
    return form({ fields, label: t('agents.create'), send, secondary: button(t('cancel'), close, 'secondary') });
  });
}

function changeRoles(agent) {
  dialog(t('agents.rolesOf', { name: agent.username }), (close) => {
    const send = async (values) => {
      await put(`/v1.0/agents/${agent.id}/permission`, { permission: permissionOf(values) });
      close();
      announce(t('saved'));
      reload();
    };
    const text = h('p', {}, t('agents.rolesText'));
    return [text, form({ fields: roleFields(agent.permission), label: t('save'), send, secondary: button(t('cancel'), close, 'secondary') })];
  });
}

function setPassword(agent) {
  dialog(t('agents.passwordOf', { name: agent.username }), (close) => {
    const fields = [field({ name: 'password', label: t('password.new'), type: 'password', required: true, minLength: 8, hint: t('password.hint'), autocomplete: 'new-password' })];
    const send = async (values) => {
      await put(`/v1.0/agents/${agent.id}/password`, values);
      close();
      announce(t('password.changed'));
    };
    return form({ fields, label: t('password.change'), send, secondary: button(t('cancel'), close, 'secondary') });
  });
}

function deleteAgent(agent) {
  confirmAction(t('agents.deleteTitle', { name: agent.username }), t('agents.deleteText'), t('delete'), async () => {
    await remove(`/v1.0/agents/${agent.id}`);
    announce(t('agents.deleted', { name: agent.username }));
    reload();
  });
}

/** What the caller may do with an agent. The guest agent is protected, and one's own password is in the profile. */
function actions(agent) {
  if (isGuest(agent)) return h('span.quiet', {}, t('agents.guest'));
  const isOwn = agent.id === session.me.id;
  if (isOwn || !can.grant(agent.permission)) return isOwn ? h('span.badge.info', {}, t('agents.you')) : '–';
  const credentials = can.makeCredentials()
    ? [button(t('agents.roles'), async () => changeRoles(agent), 'secondary.small', agent.username), button(t('password'), async () => setPassword(agent), 'secondary.small', agent.username)]
    : [];
  return buttonRow(...credentials, button(t('delete'), async () => deleteAgent(agent), 'danger.small', agent.username));
}

export async function view() {
  const columns = [
    { label: t('agent.username'), cell: (agent) => [h('strong', {}, agent.username), agent.name ? [h('br'), agent.name] : null] },
    { label: t('agent.roles'), cell: (agent) => roles(agent.permission) },
    { label: t('agent.status'), cell: (agent) => tName('agentStatus', agent.status) },
    { label: t('account.created'), cell: (agent) => formatDate(agent.tm_create) },
    { label: t('actions'), cell: actions },
  ];
  const table = await pagedTable({ path: '/v1.0/agents', caption: t('nav.agents'), columns, empty: t('agents.empty') });
  const make = can.makeCredentials() ? buttonRow(button(t('agents.new'), async () => create())) : null;
  return { title: t('nav.agents'), content: [h('p', {}, t('agents.text')), make, table] };
}
