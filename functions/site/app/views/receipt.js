// Verifies a receipt that the reader has kept.

import { h } from '../dom.js';
import { field, form } from '../forms.js';
import { t } from '../i18n.js';
import { receiptResult } from '../receipt-result.js';

export function view() {
  const result = h('div', { 'aria-live': 'polite' });
  const receipt = field({ name: 'receipt', label: t('receipt.paste'), type: 'textarea', rows: 6, required: true });
  const file = h('input', { type: 'file', id: 'receipt-file', accept: '.jwt,.txt' });
  file.addEventListener('change', async () => {
    receipt.input.value = (await file.files[0]?.text()) ?? '';
    receipt.setError(null);
  });
  const send = async (values) => result.replaceChildren(await receiptResult(values.receipt));
  const picker = h('div.field', {}, h('label', { for: 'receipt-file' }, t('receipt.file')), file);
  return {
    title: t('receipt.verifyTitle'),
    content: [h('p', {}, t('receipt.verifyText')), h('section.card', {}, picker, form({ fields: [receipt], label: t('receipt.verify'), send })), result],
  };
}
