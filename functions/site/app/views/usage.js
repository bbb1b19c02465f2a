// What the account uses, and the limits of its plan.

import { get } from '../api.js';
import { card, usageBar } from '../components.js';
import { formatBytes, formatNumber, t, tName } from '../i18n.js';

export async function view() {
  const usage = await get('/v1.0/customer/usage');
  const kinds = Object.entries(usage.resources);
  const rows = kinds.map(([kind, { count, limit }]) => usageBar(tName('kind', kind), count, limit, formatNumber));
  return {
    title: t('nav.usage'),
    content: [
      card(t('usage.storage', { plan: tName('plan', usage.plan) }), usageBar(t('usage.bytes'), usage.bytes, usage.max_bytes, formatBytes)),
      card(t('usage.rows'), ...rows),
    ],
  };
}
