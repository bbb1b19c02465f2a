// The paths of the application. A view is loaded when it is first shown.

import { can, isSignedIn, session } from './session.js';

const always = () => true;
const isActive = () => isSignedIn() && !session.isFrozen && !session.isUnverified;
const activeReader = () => isActive() && can.read();
const activeAdmin = () => isActive() && can.administer();

export const routes = [
  { path: '/account', nav: 'nav.overview', isSwitch: true, isOffered: always, load: () => import('./views/overview.js') },
  { path: '/account/sign-up', isPublic: true, isOffered: always, load: () => import('./views/sign-up.js') },
  { path: '/account/forgotten', isPublic: true, isOffered: always, load: () => import('./views/forgotten.js') },
  { path: '/account/deletion', isPublic: true, isOffered: always, load: () => import('./views/deletion.js') },
  { path: '/account/receipt', isPublic: true, isOffered: always, load: () => import('./views/receipt.js') },
  { path: '/account/profile', nav: 'nav.profile', isOffered: isActive, load: () => import('./views/profile.js') },
  { path: '/account/usage', nav: 'nav.usage', isOffered: activeReader, load: () => import('./views/usage.js') },
  { path: '/account/keys', nav: 'nav.keys', isOffered: activeAdmin, load: () => import('./views/keys.js') },
  { path: '/account/agents', nav: 'nav.agents', isOffered: activeReader, load: () => import('./views/agents.js') },
  { path: '/account/webhook', nav: 'nav.webhook', isOffered: activeAdmin, load: () => import('./views/webhook.js') },
  { path: '/account/audit', nav: 'nav.audit', isOffered: can.administer, load: () => import('./views/audit.js') },
  { path: '/account/export', nav: 'nav.export', isOffered: can.administer, load: () => import('./views/export.js') },
  { path: '/account/close', nav: 'nav.close', isOffered: can.close, load: () => import('./views/close.js') },
  { path: '/console', nav: 'nav.dashboard', isSwitch: true, isOffered: can.operate, load: () => import('./console/dashboard.js') },
  { path: '/console/accounts', nav: 'nav.accounts', isOffered: can.operate, load: () => import('./console/accounts.js') },
  { path: '/console/accounts/:id', parent: '/console/accounts', isOffered: can.operate, load: () => import('./console/account.js') },
  { path: '/console/deletions', nav: 'nav.deletions', isOffered: can.operate, load: () => import('./console/deletions.js') },
];
