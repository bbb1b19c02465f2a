// Name, logo and color of the deployment. The page has them as data, because its policy permits no inline style.

import { h } from './dom.js';

const data = document.documentElement.dataset;

export const product = data.product;
export const supportContact = data.support;
export const returnUrl = data.return;

/** Whether the page says that the browser has no session, so that asking for one is needless. */
export const hasNoSession = () => data.session === 'none';

export function logo() {
  return data.logo ? h('img.logo', { src: data.logo, alt: '' }) : null;
}

const channels = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

/** The relative luminance of WCAG. */
function luminance(rgb) {
  const [red, green, blue] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/**
 * The color, moved towards black or white until text in it is readable on the background. `readable` in `src/docs/accent.rs` has the
 * same steps.
 */
function readable(color, background, towards) {
  let rgb = color;
  for (let step = 0; step < 20 && contrast(rgb, background) < 5; step += 1) {
    rgb = rgb.map((value, at) => Math.round(value + (towards[at] - value) * 0.12));
  }
  return rgb;
}

export function applyAccent() {
  if (!/^#[0-9a-f]{6}$/i.test(data.accent)) return;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const [background, towards] = dark.matches ? [[26, 29, 35], [255, 255, 255]] : [[236, 238, 241], [0, 0, 0]];
    const accent = readable(channels(data.accent), background, towards);
    const on = contrast(accent, [255, 255, 255]) >= 4.5 ? '#fff' : '#000';
    document.documentElement.style.setProperty('--accent', `rgb(${accent.join(' ')})`);
    document.documentElement.style.setProperty('--on-accent', on);
  };
  dark.addEventListener('change', apply);
  apply();
}
