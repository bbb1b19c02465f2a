// Charts as drawings. Each has a text for screen readers, and a table with the same values.

import { h, newId, svg } from './dom.js';
import { formatDay, formatNumber, t } from './i18n.js';
import { table } from './tables.js';

const WIDTH = 420;
const BAR_WIDTH = 230;

function figure(title, description, drawing, values) {
  const id = newId();
  const columns = [
    { label: t('chart.name'), cell: ([name]) => name },
    { label: t('chart.value'), cell: ([, value]) => value },
  ];
  const details = h('details', {}, h('summary', {}, t('chart.asTable')), table(title, columns, values, { isCompact: true }));
  drawing.setAttribute('role', 'img');
  drawing.setAttribute('aria-labelledby', id);
  return h('figure', {}, h('figcaption.hidden', { id }, `${title}. ${description}`), drawing, details);
}

/** Horizontal bars: one for each name, with its number and a link to the rows. */
export function barChart(title, bars) {
  const most = Math.max(...bars.map((bar) => bar.count), 1);
  const shown = (bar) => (bar.isComplete ? formatNumber(bar.count) : t('atLeast', { n: formatNumber(bar.count) }));
  const rows = bars.map((bar, at) => {
    const y = at * 40;
    const width = Math.max((bar.count / most) * BAR_WIDTH, bar.count ? 3 : 0);
    return svg(
      'g',
      {},
      svg('text', { x: 0, y: y + 25 }, bar.name),
      svg('rect.track', { x: 120, y: y + 8, width: BAR_WIDTH, height: 24, rx: 4 }),
      svg(`rect.${bar.tone}`, { x: 120, y: y + 8, width, height: 24, rx: 4 }),
      svg('text.value', { x: WIDTH, y: y + 25, 'text-anchor': 'end' }, shown(bar)),
    );
  });
  const drawing = svg('svg.chart', { viewBox: `0 0 ${WIDTH} ${bars.length * 40}` }, rows);
  return figure(title, bars.map((bar) => `${bar.name}: ${shown(bar)}`).join(', '), drawing, bars.map((bar) => [bar.href ? h('a', { href: bar.href }, bar.name) : bar.name, shown(bar)]));
}

/** One column for each day from today on. `times` are the deadlines, none later than `days` times 24 hours from now. */
export function dayChart(title, times, days) {
  const today = Math.floor(Date.now() / 86_400_000);
  // The span ends within the day of the last column.
  const counts = new Array(days + 1).fill(0);
  for (const time of times) {
    const day = Math.floor(new Date(time) / 86_400_000) - today;
    // Overdue deletions count as due today.
    counts[Math.min(Math.max(day, 0), days)] += 1;
  }
  const most = Math.max(...counts, 1);
  const [height, left, step] = [180, 34, (WIDTH - 34) / counts.length];
  const label = (day) => formatDay(new Date((today + day) * 86_400_000));
  const columns = counts.map((count, day) => {
    const size = (count / most) * (height - 20);
    return svg('rect.column', { x: left + day * step + 2, y: height - size, width: step - 4, height: size, rx: 2 }, svg('title', {}, `${label(day)}: ${count}`));
  });
  // The text of the last tick ends with the drawing, which would cut it off otherwise.
  const isLast = (day) => day > counts.length - 5;
  const tick = (day) => svg('text', { x: isLast(day) ? WIDTH : left + day * step, y: height + 22, 'text-anchor': isLast(day) ? 'end' : 'start' }, label(day));
  const ticks = counts.map((_, day) => day).filter((day) => day % 7 === 0);
  const drawing = svg(
    'svg.chart',
    { viewBox: `0 0 ${WIDTH} ${height + 28}` },
    svg('text', { x: 0, y: 24 }, formatNumber(most)),
    svg('text', { x: 0, y: height }, '0'),
    svg('line.axis', { x1: left, y1: height, x2: WIDTH, y2: height }),
    columns,
    ticks.map((day) => tick(day)),
  );
  const values = counts.map((count, day) => [label(day), formatNumber(count)]).filter((_, day) => counts[day] > 0);
  return figure(title, t('chart.days', { n: times.length, days }), drawing, values);
}
