// Who did what to the account, when and from where.

import { h } from '../dom.js';
import { t } from '../i18n.js';
import { timeline } from '../timeline.js';

export async function view() {
  return { title: t('nav.audit'), content: [h('p', {}, t('audit.text')), h('section.card', {}, await timeline('/v1.0/customer/audit'))] };
}
