// Forms: fields with labels, hints and errors. They are checked here before the service checks them.

import { errorNotice } from './components.js';
import { h, newId } from './dom.js';
import { fieldErrors } from './errors.js';
import { t } from './i18n.js';

const EMAIL = /^[\x21-\x7e]+@[\x21-\x7e]+\.[\x21-\x7e]+$/;
const byteLength = (text) => new TextEncoder().encode(text).length;

function control(options, id, described) {
  const { name, type = 'text', value = '', required, autocomplete = 'off', rows, choices, min, placeholder } = options;
  const shared = { id, name, 'aria-describedby': described, 'aria-required': required ? 'true' : null };
  if (type === 'select') {
    return h('select', { ...shared, value }, choices.map(([code, label]) => h('option', { value: code }, label)));
  }
  if (type === 'checkbox') return h('input', { ...shared, type, checked: Boolean(value) });
  if (type === 'textarea') return h('textarea', { ...shared, rows: rows ?? 3, value });
  const plain = type === 'email' || type === 'password' ? { autocapitalize: 'none', spellcheck: 'false' } : {};
  return h('input', { ...shared, type, value, autocomplete, min, placeholder, ...plain });
}

function showPassword(input) {
  const id = newId();
  const box = h('input', { id, type: 'checkbox' });
  box.addEventListener('change', () => {
    input.type = box.checked ? 'text' : 'password';
  });
  return h('div.choice', {}, box, h('label', { for: id }, t('form.showPassword')));
}

/** A field. Without `required` it is marked as optional, unless it is unmarked or a checkbox. `check` returns a text if the value is wrong. */
export function field(options) {
  const { name, label, type = 'text', hint, required = false, maxBytes, minLength, check } = options;
  const id = newId();
  const hintId = hint ? `${id}-hint` : null;
  const errorId = `${id}-error`;
  const input = control(options, id, hintId);
  const error = h('p.field-error', { id: errorId, hidden: true });
  const labelled = h('label', { for: id }, label, required || type === 'checkbox' || options.isUnmarked ? null : h('span.optional', {}, t('form.optional')));
  const hinted = hint ? h('p.hint', { id: hintId }, hint) : null;
  const parts = type === 'checkbox' ? [h('div.choice', {}, input, labelled), hinted] : [labelled, hinted, input];
  if (type === 'password') parts.push(showPassword(input));
  const read = () => (type === 'checkbox' ? input.checked : type === 'password' || type === 'textarea' ? input.value : input.value.trim());
  const problem = () => {
    const value = read();
    if (required && (value === '' || value === false)) return t('problem.required');
    if (typeof value !== 'string' || value === '') return check?.(value) ?? null;
    if (maxBytes && byteLength(value) > maxBytes) return t('problem.tooLong', { a: maxBytes });
    if (minLength && [...value].length < minLength) return t('problem.atLeast', { a: minLength });
    if (type === 'email' && !EMAIL.test(value)) return t('problem.email');
    return check?.(value) ?? null;
  };
  const setError = (text) => {
    error.textContent = text ?? '';
    error.hidden = !text;
    if (text) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
    input.setAttribute('aria-describedby', [hintId, text ? errorId : null].filter(Boolean).join(' '));
    if (!input.getAttribute('aria-describedby')) input.removeAttribute('aria-describedby');
  };
  input.addEventListener('input', () => setError(null));
  return { name, label, input, read, problem, setError, element: h('div.field', {}, ...parts, error) };
}

/** Shows the errors at their fields, and moves the focus to the first. Returns whether there are any. */
function showErrors(fields, errors) {
  const wrong = fields.filter((each) => errors.get(each.name));
  for (const each of fields) each.setError(errors.get(each.name) ?? null);
  wrong[0]?.input.focus();
  return wrong.length > 0;
}

/** A form. `send` gets the values by the names of the fields. Its errors are shown at the fields, or above the form. */
export function form({ fields, label, send, kind = '', secondary = null }) {
  const problems = h('div.form-error');
  const submit = h(`button${kind ? `.${kind}` : ''}`, { type: 'submit' }, label);
  const element = h('form', { novalidate: true }, problems, fields.map((each) => each.element), h('div.buttons', {}, submit, secondary));
  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (submit.getAttribute('aria-disabled') === 'true') return;
    problems.replaceChildren();
    if (showErrors(fields, new Map(fields.map((each) => [each.name, each.problem()])))) return;
    submit.setAttribute('aria-disabled', 'true');
    try {
      await send(Object.fromEntries(fields.map((each) => [each.name, each.read()])));
    } catch (error) {
      const errors = fieldErrors(error);
      if (!showErrors(fields, errors)) {
        const others = [...errors].map(([name, text]) => `${name}: ${text}`);
        const shown = errorNotice(error);
        shown.append(...others.map((text) => h('p', {}, text)));
        problems.replaceChildren(shown);
        problems.scrollIntoView({ block: 'nearest' });
      }
      if (!error.status && !error.reason) throw error;
    } finally {
      submit.removeAttribute('aria-disabled');
    }
  });
  return element;
}

