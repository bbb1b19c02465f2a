// Shows the view of the current path. It follows links within the application; the browser follows the others.

const OWN_PATH = /^\/(account|console)(\/|$)/;

let show = () => {};

/** Goes to a path of the application. */
export function navigate(path) {
  if (path !== location.pathname + location.hash) history.pushState(null, '', path);
  show();
}

/** Shows the current view again, with new data. */
export const reload = () => show();

function follow(event) {
  const link = event.target.closest?.('a[href]');
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlain || link.target || link.hasAttribute('download') || event.defaultPrevented) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || !OWN_PATH.test(url.pathname) || link.getAttribute('href').startsWith('#')) return;
  event.preventDefault();
  navigate(url.pathname + url.hash);
}

export function startRouter(render) {
  show = render;
  document.addEventListener('click', follow);
  window.addEventListener('popstate', render);
  window.addEventListener('hashchange', render);
}

/** The first route whose pattern matches the path, and the values of its parameters. */
export function match(routes, path) {
  const trimmed = path.replace(/\/+$/, '') || '/';
  for (const route of routes) {
    const pattern = new RegExp(`^${route.path.replace(/:id/g, '([0-9a-fA-F-]{36})')}$`);
    const found = pattern.exec(trimmed);
    if (found) return { route, id: found[1] ?? null };
  }
  return null;
}
