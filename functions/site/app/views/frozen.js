// The account while it waits for its deletion: the time that is left, and the way back.

import { remove } from '../api.js';
import { announce, button, buttonLink, buttonRow, card, notice, statusBadge } from '../components.js';
import { countdown } from '../countdown.js';
import { h } from '../dom.js';
import { t } from '../i18n.js';
import { reload } from '../router.js';
import { can, loadSession, session } from '../session.js';

async function recover() {
  await remove('/auth/unregister');
  await loadSession();
  announce(t('frozen.recovered'));
  reload();
}

function options() {
  if (!session.frozenDetail.recovery_endpoint) return notice('info', h('p', {}, t('frozen.byOperator')));
  if (!can.administer()) return notice('info', h('p', {}, t('frozen.askAdmin')));
  const deletion = can.close() ? buttonLink(t('close.now'), '/account/close', { class: 'button secondary' }) : null;
  return [h('p', {}, t('frozen.text')), buttonRow(button(t('frozen.recover'), recover), deletion)];
}

export function view() {
  const due = session.customer?.tm_deletion_scheduled ?? session.frozenDetail.deletion_effective_at;
  const held = session.customer?.hold ? notice('info', h('p', {}, t('hold.own'))) : null;
  const copy = can.administer() ? card(t('frozen.before'), h('p', {}, t('frozen.export')), h('p', {}, h('a', { href: '/account/export' }, t('nav.export')))) : null;
  return {
    title: t('frozen.title'),
    content: [held, card(t('countdown.title'), h('p', {}, statusBadge('frozen')), countdown(due), options()), copy],
  };
}
