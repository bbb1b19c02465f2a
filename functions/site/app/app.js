// The frame of the account page and of the console: header, navigation, and the view of the current path.

import { onSignedOut } from './api.js';
import { applyAccent, logo, product, returnUrl, supportContact } from './brand.js';
import { announce, button, errorNotice, liveRegion } from './components.js';
import { h } from './dom.js';
import { chooseLanguage, currentLanguage, formatTime, languages, loadTexts, t } from './i18n.js';
import { match, navigate, reload, startRouter } from './router.js';
import { leaveView } from './leave-view.js';
import { routes } from './routes.js';
import { forgetSession, isSignedIn, loadSession, session, signOut, stopDelegation } from './session.js';
import * as signIn from './views/sign-in.js';

const main = h('main', { id: 'main', tabindex: '-1' });
const header = h('header');
const navigation = h('nav', { 'aria-label': 'Menu', id: 'menu' });
const footer = h('footer');
let shown = 0;
let shownPath = null;

const isConsole = () => location.pathname.startsWith('/console');

function menuButton() {
  const element = h('button.menu.secondary', { type: 'button', 'aria-expanded': 'false', 'aria-controls': 'menu' }, t('nav.menu'));
  element.addEventListener('click', () => {
    const isOpen = navigation.classList.toggle('open');
    element.setAttribute('aria-expanded', String(isOpen));
  });
  return element;
}

function banner() {
  if (!session.delegate) return null;
  const { name, expire, id } = session.delegate;
  const stop = button(t('delegation.stop'), async () => {
    stopDelegation();
    await loadSession();
    navigate(`/console/accounts/${id}`);
  }, 'secondary');
  return h('div.banner', { role: 'region', 'aria-label': t('delegation.title') }, h('p', {}, t('delegation.banner', { name, time: formatTime(expire) })), stop);
}

async function leave() {
  await signOut();
  announce(t('signIn.signedOut'));
  navigate(isConsole() ? '/console' : '/account');
}

function drawFrame(current, isReading = !session.isRead) {
  const visible = routes.filter((route) => route.nav && isSignedIn() && route.isOffered() && route.path.startsWith('/console') === isConsole());
  const home = isConsole() ? '/console' : '/account';
  const name = isConsole() ? t('console.name', { product }) : product;
  header.replaceChildren(
    h('a.brand', { href: home }, logo(), h('span', {}, name)),
    h('div.actions', {}, ...(isSignedIn() ? [menuButton(), button(t('signOut'), leave, 'secondary')] : [])),
  );
  navigation.classList.remove('open');
  navigation.setAttribute('aria-label', t('nav.menu'));
  // The navigation keeps its place while the session is read, so that the view does not move afterwards.
  navigation.hidden = visible.length === 0 && !isReading;
  const other = routes.find((route) => route.isSwitch && isSignedIn() && route.isOffered() && route.path.startsWith('/console') !== isConsole());
  const links = visible.map((route) => {
    const isCurrent = current === route || current?.parent === route.path;
    return h('li', {}, h('a', { href: route.path, 'aria-current': isCurrent ? 'page' : null }, t(route.nav)));
  });
  if (other) links.push(h('li.switch', {}, h('a', { href: other.path }, t(isConsole() ? 'nav.toAccount' : 'nav.toConsole'))));
  navigation.replaceChildren(h('ul', {}, links));
  document.body.classList.toggle('with-navigation', !navigation.hidden);
}

function drawFooter() {
  const choices = Object.entries(languages()).map(([code, name]) => h('option', { value: code, lang: code }, name));
  const select = h('select', { id: 'language', value: currentLanguage() }, choices);
  select.addEventListener('change', () => chooseLanguage(select.value));
  const isMail = supportContact.includes('@') && !supportContact.includes('/');
  const parts = [
    h('div', {}, h('label', { for: 'language' }, t('language')), select),
    supportContact ? h('p', {}, `${t('help')}: `, h('a', { href: isMail ? `mailto:${supportContact}` : supportContact }, supportContact)) : null,
    returnUrl ? h('p', {}, h('a', { href: returnUrl, target: '_top' }, t('backTo', { product }))) : null,
  ];
  footer.replaceChildren(...parts.filter(Boolean));
}

async function viewOf(found) {
  if (!session.isRead) {
    try {
      await loadSession();
    } catch (error) {
      // A view for everybody does not need the session. The next view reads it again.
      if (!found?.route.isPublic) throw error;
    }
    drawFrame(found?.route, false);
  }
  if (!found) return { title: t('notFound.title'), content: [h('p', {}, t('notFound.text')), h('p', {}, h('a', { href: '/account' }, t('notFound.link')))] };
  if (!found.route.isPublic && !isSignedIn()) return signIn.view();
  if (!found.route.isPublic && session.isUnverified) return { title: t('unverified.title'), content: [h('p', {}, t('unverified.text'))] };
  if (!found.route.isOffered()) return { title: t('refused.title'), content: [h('p', {}, t('refused.text'))] };
  let module;
  try {
    module = await found.route.load();
  } catch {
    // A newer version of the pages has other files.
    return { title: t('outdated.title'), content: [h('p', {}, t('outdated.text')), button(t('outdated.reload'), async () => location.reload())] };
  }
  return module.view(found.id);
}

async function render() {
  shown += 1;
  const own = shown;
  leaveView();
  const found = match(routes, location.pathname);
  drawFrame(found?.route);
  main.setAttribute('aria-busy', 'true');
  let view;
  try {
    view = await viewOf(found);
  } catch (error) {
    if (own !== shown) return;
    const again = button(t('tryAgain'), async () => reload(), 'secondary');
    view = { title: t('error.title'), content: [errorNotice(error), again] };
  }
  if (own !== shown) return;
  const heading = h('h1', { tabindex: '-1' }, view.title);
  main.replaceChildren(...[banner(), heading, view.content].flat(Infinity).filter(Boolean));
  main.classList.toggle('narrow', Boolean(view.isNarrow));
  main.removeAttribute('aria-busy');
  document.title = `${view.title} – ${product}`;
  // On the first view after a page load, the browser sets the focus itself.
  if (own > 1) heading.focus({ preventScroll: true });
  if (own > 1 && shownPath !== location.pathname) scrollTo(0, 0);
  shownPath = location.pathname;
}

/** Lets keyboard users skip the navigation. Views keep their state in the fragment of the URL, so this link does not change it. */
function skipLink() {
  const element = h('a.skip', { href: '#main' }, t('skip'));
  element.addEventListener('click', (event) => {
    event.preventDefault();
    main.focus();
  });
  return element;
}

await loadTexts();
applyAccent();
drawFooter();
document.body.append(skipLink(), header, h('div.layout', {}, navigation, main), footer, liveRegion());
startRouter(render);
onSignedOut(async () => {
  if (!isSignedIn()) return;
  const wasDelegate = Boolean(session.delegate);
  forgetSession();
  announce(t(wasDelegate ? 'delegation.ended' : 'signIn.ended'));
  await render();
});
render();
