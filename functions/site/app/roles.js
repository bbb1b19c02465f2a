// The roles in an agent's permission, which is a sum of bits.

import { t } from './i18n.js';

export const ROLES = [
  [16, 'role.agent'],
  [64, 'role.manager'],
  [32, 'role.admin'],
  [1, 'role.platform'],
];

export function roles(permission) {
  const names = ROLES.filter(([bit]) => permission & bit).map(([, key]) => t(key));
  return names.length ? names.join(', ') : t('role.none');
}
