// The building blocks of all views.

import { h, newId } from './dom.js';
import { errorText } from './errors.js';
import { t, tName } from './i18n.js';

const live = h('div.toast', { role: 'status' });

/** The region that announces results. It exists from the start, so that screen readers watch it. */
export const liveRegion = () => live;

/** Announces the result of an action. */
export function announce(text) {
  live.replaceChildren(h('p', {}, text));
  setTimeout(() => {
    if (live.textContent === text) live.replaceChildren();
  }, 6000);
}

/** A message in the flow of the page. Errors are announced at once. */
export function notice(kind, ...content) {
  return h(`div.notice.${kind}`, { role: kind === 'error' ? 'alert' : null }, ...content);
}

export const errorNotice = (error) => notice('error', h('p', {}, errorText(error)));

export const badge = (group, value, tone = '') => h(`span.badge${tone ? `.${tone}` : ''}`, {}, tName(group, value));

const TONES = { active: 'good', frozen: 'warn', initial: 'info', deleted: 'bad', expired: 'bad' };

export const statusBadge = (status) => badge('status', status, TONES[status]);

/** A section with a heading. */
export function card(title, ...content) {
  const id = newId();
  return h('section.card', { 'aria-labelledby': id }, h('h2', { id }, title), ...content);
}

/** Names and values. A row without a value is left out. */
export function facts(rows) {
  const shown = rows.filter(([, value]) => value || value === 0);
  return h('dl.facts', {}, shown.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

/**
 * A button. While its action runs, it takes no second click; an error is shown after it. `about` names the row for screen readers,
 * if several buttons have the same label.
 */
export function button(label, action, kind = '', about = '') {
  const name = about ? `${label}: ${about}` : null;
  const element = h(`button${kind ? `.${kind}` : ''}`, { type: 'button', 'aria-label': name }, label);
  element.addEventListener('click', async () => {
    if (element.getAttribute('aria-disabled') === 'true') return;
    const next = element.nextElementSibling;
    if (next?.classList.contains('of-button')) next.remove();
    element.setAttribute('aria-disabled', 'true');
    try {
      await action();
    } catch (error) {
      const problem = errorNotice(error);
      problem.classList.add('of-button');
      element.after(problem);
    } finally {
      element.removeAttribute('aria-disabled');
    }
  });
  return element;
}

export const buttonRow = (...buttons) => h('div.buttons', {}, ...buttons);

/** A link that looks like a button. */
export const buttonLink = (label, href, attributes = {}) => h('a.button', { href, ...attributes }, label);

/** A secret that is shown once, with a button that copies it. */
export function copyField(label, text) {
  const id = newId();
  const input = h('input.code', { id, readonly: true, value: text, spellcheck: 'false', autocomplete: 'off' });
  const copy = button(t('copy'), async () => {
    await navigator.clipboard.writeText(text);
    announce(t('copied'));
  }, 'secondary');
  input.addEventListener('focus', () => input.select());
  return h('div.copy', {}, h('label', { for: id }, label), h('div.row', {}, input, copy));
}

/**
 * A modal dialog. `content` gets a function that closes it. The focus returns to where it was, because the browser does that
 * for a modal dialog.
 */
export function dialog(title, content) {
  const id = newId();
  const element = h('dialog', { 'aria-labelledby': id });
  const close = () => element.close();
  element.append(h('h2', { id }, title), ...[content(close)].flat(Infinity).filter(Boolean));
  element.addEventListener('close', () => element.remove());
  document.body.append(element);
  element.showModal();
  return element;
}

/** Asks before an action. */
export function confirmAction(title, text, label, action, kind = 'danger') {
  dialog(title, (close) => [
    h('p', {}, text),
    buttonRow(
      button(label, async () => {
        await action();
        close();
      }, kind),
      button(t('cancel'), close, 'secondary'),
    ),
  ]);
}

/** A link that saves a text as a file. */
export function downloadLink(label, name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  return buttonLink(label, url, { download: name });
}

/** The bar of an amount and its limit. Without a limit there is no bar. */
export function usageBar(label, used, limit, shown) {
  const text = limit === null ? t('usage.unlimited', { used: shown(used) }) : t('usage.of', { used: shown(used), limit: shown(limit) });
  const part = limit ? used / limit : 0;
  const id = newId();
  const tone = part >= 1 ? '.full' : part >= 0.8 ? '.near' : '';
  const bar = limit === null ? null : h(`progress${tone}`, { 'aria-labelledby': id, max: Math.max(limit, 1), value: Math.min(used, limit) });
  return h('div.usage', {}, h('div.row', {}, h('span', { id }, label), h('span.quiet', {}, text)), bar);
}
