// The hold on an account: while it lasts, nothing deletes the account.

import { put, remove } from '../api.js';
import { announce, button, buttonRow, card, confirmAction, dialog, facts } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { formatTime, t } from '../i18n.js';
import { reload } from '../router.js';

/** The end of the chosen day. A day that was not changed keeps its time. */
function endOf(day, before) {
  if (!day) return null;
  return before?.startsWith(day) ? before : `${day}T23:59:59Z`;
}

function place(path, hold) {
  dialog(hold ? t('hold.replace') : t('hold.place'), (close) => {
    const fields = [
      field({ name: 'reason', label: t('hold.reasonLabel'), required: true, maxBytes: 1024, value: hold?.reason }),
      field({ name: 'reference', label: t('hold.reference'), maxBytes: 255, value: hold?.reference, hint: t('hold.referenceHint') }),
      field({ name: 'until', label: t('hold.untilLabel'), type: 'date', value: hold?.until?.slice(0, 10), hint: t('hold.untilHint') }),
      field({ name: 'reason_is_visible', label: t('hold.visible'), type: 'checkbox', value: hold?.reason_is_visible }),
    ];
    const send = async (values) => {
      await put(path, { ...values, until: endOf(values.until, hold?.until) });
      close();
      announce(t('hold.placed'));
      reload();
    };
    return [h('p', {}, t('hold.text')), form({ fields, label: t('hold.place'), send, secondary: button(t('cancel'), close, 'secondary') })];
  });
}

function release(path) {
  confirmAction(t('hold.releaseTitle'), t('hold.releaseText'), t('hold.release'), async () => {
    await remove(path);
    announce(t('hold.released'));
    reload();
  });
}

export function holdCard(account, hold, isOver) {
  // When the deletion is confirmed, there is nothing left for a hold to stop.
  if (isOver) return null;
  const path = `/v1.0/customers/${account.id}/hold`;
  if (!hold) return card(t('hold'), h('p', {}, t('hold.none')), button(t('hold.place'), async () => place(path, null), 'secondary'));
  return card(
    t('hold'),
    facts([
      [t('hold.reasonLabel'), hold.reason],
      [t('hold.reference'), hold.reference],
      [t('hold.untilLabel'), hold.until ? formatTime(hold.until) : t('hold.open')],
      [t('hold.visible'), hold.reason_is_visible ? t('yes') : t('no')],
      [t('hold.since'), formatTime(hold.tm_create)],
      [t('hold.by'), h('code', {}, hold.placed_by)],
    ]),
    buttonRow(button(t('hold.replace'), async () => place(path, hold), 'secondary'), button(t('hold.release'), async () => release(path), 'danger')),
  );
}
