// Builds elements. Every text becomes a text node or an attribute, so a text is never read as markup.

const SVG = 'http://www.w3.org/2000/svg';
const SAFE_URL = /^(https?:|mailto:|blob:|#|\/(?![/\\]))/i;

/** The URL, if a page may link to it. A value such as `javascript:` becomes a link to nothing. */
export function safeUrl(url) {
  return SAFE_URL.test(url) ? url : '#';
}

function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
  else if (name === 'value' || name === 'checked') element[name] = value;
  else if (name === 'href' || name === 'src') element.setAttribute(name, safeUrl(value));
  else element.setAttribute(name, value === true ? '' : value);
}

function build(element, classes, attributes, children) {
  if (classes.length) element.setAttribute('class', classes.join(' '));
  // The value of a select exists only after its options.
  const { value, ...others } = attributes;
  for (const [name, each] of Object.entries(others)) setAttribute(element, name, each);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  setAttribute(element, 'value', value);
  return element;
}

/** An element such as `h('p.quiet', {}, 'text')`. Attributes that begin with `on` are event listeners. */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  return build(document.createElement(name), classes, attributes, children);
}

/** An element of a drawing. */
export function svg(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  return build(document.createElementNS(SVG, name), classes, attributes, children);
}

let ids = 0;

/** An id that no other element has, for labels and descriptions. */
export function newId() {
  ids += 1;
  return `e${ids}`;
}
