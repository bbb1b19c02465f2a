// Texts in the language of the reader, and numbers and times in its format.

const LANGUAGES = { en: 'English', de: 'Deutsch' };
const LOCALES = { en: 'en-GB', de: 'de-DE' };
const STORED = 'language';

let language = 'en';
let texts = {};

function stored() {
  // A browser that blocks storage throws.
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function preferred() {
  const wanted = [stored(), ...navigator.languages].map((each) => String(each).slice(0, 2).toLowerCase());
  return wanted.find((each) => each in LANGUAGES) ?? 'en';
}

export async function loadTexts() {
  language = preferred();
  texts = (await import(`./texts/${language}.js`)).default;
  document.documentElement.lang = language;
}

/** The languages by their codes, and the code of the current one. */
export const languages = () => LANGUAGES;
export const currentLanguage = () => language;

/** Chooses a language and shows the page in it. */
export function chooseLanguage(code) {
  try {
    localStorage.setItem(STORED, code);
  } catch {
    // Without storage, the reload shows the browser's own language again.
  }
  location.reload();
}

export const hasText = (key) => key in texts;

/** The text of a key. `{name}` stands for a value. */
export function t(key, values = {}) {
  const text = texts[key];
  if (text === undefined) return key;
  if (typeof text === 'function') return text(values);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** The text of a key that the service may extend, such as a type of event. Unknown ones are shown in their own words. */
export function tName(group, name) {
  const key = `${group}.${name}`;
  return hasText(key) ? t(key) : String(name).replaceAll('_', ' ');
}

const format = (options) => new Intl.DateTimeFormat(LOCALES[language], { timeZone: 'UTC', ...options });

/** 28 December 2026. */
export function formatDate(text) {
  return text ? format({ dateStyle: 'long' }).format(new Date(text)) : '–';
}

/** 28 December 2026, 14:05 UTC. */
export function formatTime(text) {
  return text ? `${formatDate(text)}, ${format({ timeStyle: 'short' }).format(new Date(text))} UTC` : '–';
}

/** 28 Dec, for the axis of a chart. */
export const formatDay = (time) => format({ day: 'numeric', month: 'short' }).format(time);

export const formatNumber = (number) => new Intl.NumberFormat(LOCALES[language]).format(number);

export function formatBytes(bytes) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const power = Math.min(Math.max(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 0), units.length - 1);
  const style = { style: 'unit', unit: units[power], maximumFractionDigits: 1 };
  return new Intl.NumberFormat(LOCALES[language], style).format(bytes / 1024 ** power);
}

/** 29 days, 4 hours. The two largest units of a duration in milliseconds. */
export function formatDuration(milliseconds) {
  const units = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], ['second', 1000]];
  const parts = [];
  let rest = Math.max(milliseconds, 0);
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0 || (unit === 'second' && parts.length === 0)) {
      parts.push(new Intl.NumberFormat(LOCALES[language], { style: 'unit', unit, unitDisplay: 'long' }).format(count));
    } else if (parts.length > 0) {
      break;
    }
    if (parts.length === 2) break;
  }
  return parts.join(', ');
}
