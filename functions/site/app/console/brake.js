// The brake: pauses all deletions of the platform.

import { put } from '../api.js';
import { announce, button, card, dialog, facts, notice } from '../components.js';
import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { formatNumber, formatTime, t } from '../i18n.js';
import { reload } from '../router.js';

async function setBrake(body, text) {
  await put('/v1.0/platform/deletions', body);
  announce(text);
  reload();
}

function pause() {
  dialog(t('brake.pauseTitle'), (close) => {
    const fields = [field({ name: 'reason', label: t('brake.reason'), required: true, maxBytes: 1024 })];
    const send = async ({ reason }) => {
      await setBrake({ paused: true, reason }, t('brake.paused'));
      close();
    };
    return [h('p', {}, t('brake.pauseText')), form({ fields, label: t('brake.pause'), send, kind: 'danger', secondary: button(t('cancel'), close, 'secondary') })];
  });
}

export function brakeCard(brake) {
  const release = button(t('brake.release'), () => setBrake({ paused: false }, t('brake.released')));
  const state = brake.paused ? notice('warn', h('p', {}, h('strong', {}, t('brake.isPaused')), ' ', brake.reason)) : h('p', {}, t('brake.isReleased'));
  return card(
    t('brake.title'),
    state,
    facts([
      [t('brake.since'), brake.paused && brake.tm_update && formatTime(brake.tm_update)],
      [t('brake.withinAnHour'), formatNumber(brake.deletions_within_an_hour)],
      [t('brake.limit'), brake.max_deletions_per_hour ? formatNumber(brake.max_deletions_per_hour) : t('unlimited')],
    ]),
    brake.paused ? release : button(t('brake.pause'), async () => pause(), 'danger'),
  );
}
