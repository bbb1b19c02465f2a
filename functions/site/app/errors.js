// Errors as sentences for the reader.

import { ApiError } from './api.js';
import { formatDuration, hasText, t } from './i18n.js';

/** What happened, and what the reader can do now. */
export function errorText(error) {
  if (!(error instanceof ApiError)) return t('error.unexpected');
  const key = `reason.${error.reason}`;
  const text = hasText(key) ? t(key) : error.message || t('error.unexpected');
  const wait = error.retryAfter ? ` ${t('error.retry', { time: formatDuration(error.retryAfter * 1000) })}` : '';
  const id = error.status >= 500 && error.requestId ? ` ${t('error.id', { id: error.requestId })}` : '';
  return `${text}${wait}${id}`;
}

/** The errors of single fields, by their names. */
export function fieldErrors(error) {
  const details = error instanceof ApiError ? error.details : [];
  return new Map(details.filter((detail) => detail.field).map((detail) => [detail.field, problemText(detail.description)]));
}

const PROBLEMS = [
  [/^is required$|^must not be empty$/, 'problem.required'],
  [/^must be at most (\d+) bytes long$|^must be 1 to (\d+) bytes long$/, 'problem.tooLong'],
  [/^must be (\d+) to (\d+) characters long$/, 'problem.characters'],
  [/^must be an e-mail address in ASCII$/, 'problem.email'],
  [/most common passwords/, 'problem.commonPassword'],
  [/^must not contain control characters/, 'problem.controlCharacters'],
  [/^must be (\d+) to (\d+) printable ASCII characters$/, 'problem.printable'],
  [/http or https URL/, 'problem.url'],
  [/must use the port/, 'problem.port'],
  [/private, loopback|must not point to this API/, 'problem.address'],
  [/must not contain a username or a password/, 'problem.credentials'],
  [/letters, digits and ASCII punctuation|spaces or control characters/, 'problem.username'],
  [/^must be an RFC 3339 time/, 'problem.time'],
  [/^must not be before the deletion time/, 'problem.beforeDeletion'],
  [/less than the debit/, 'problem.debit'],
];

/** The problem of a field as a sentence. The service describes it in English, so other problems keep its words. */
function problemText(description) {
  for (const [pattern, key] of PROBLEMS) {
    const found = pattern.exec(description);
    if (found) return t(key, { a: found[1] ?? found[2], b: found[2] });
  }
  return t('problem.other', { description });
}
