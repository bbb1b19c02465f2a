// The time that is left until an account is deleted.

import { h } from './dom.js';
import { formatDuration, formatTime, t } from './i18n.js';
import { onLeave } from './leave-view.js';

export function countdown(due) {
  const text = h('span.countdown', { role: 'timer' });
  const show = () => {
    const left = new Date(due) - Date.now();
    text.textContent = left > 0 ? formatDuration(left) : t('countdown.due');
  };
  show();
  const timer = setInterval(show, 1000);
  onLeave(() => clearInterval(timer));
  return h('div.big', {}, text, h('p.quiet', {}, t('countdown.until', { time: formatTime(due) })));
}
