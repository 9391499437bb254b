// Draws the plots of money from the data attributes that the page carries, with uPlot. What they show stands in
// the table below as well, so nothing is lost where this does not run.
import uPlot from './uplot.js';

const HEIGHT = 150;
const drawn = new Set();

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const TONES = { balance: 'good', burn: 'warn', runway: 'busy', saved: 'good', would: 'busy' };

function axis(more) {
  return {
    stroke: colour('dim'),
    grid: { stroke: colour('line-soft'), width: 1 },
    ticks: { stroke: colour('line-soft'), width: 1, size: 4 },
    font: '11px system-ui, sans-serif',
    ...more,
  };
}

function draw(root) {
  const times = JSON.parse(root.dataset.times);
  const zone = root.dataset.zone;
  const locale = document.documentElement.lang;
  const format = new Intl.DateTimeFormat(locale, {
    timeZone: zone,
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const sync = uPlot.sync('money');
  // Shown first: what is hidden has no width.
  root.dataset.drawn = 'yes';
  for (const place of root.querySelectorAll('[data-plot]')) {
    const last = place.parentElement?.querySelector('[data-last]');
    const tone = colour(TONES[place.dataset.plot] ?? 'ink');
    const values = JSON.parse(place.dataset.values);
    place.replaceChildren();
    const plot = new uPlot(
      {
        width: Math.max(200, place.clientWidth),
        height: HEIGHT,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
        cursor: { y: false, sync: { key: sync.key }, points: { size: 6 } },
        legend: { show: false },
        // What the pointer is at stands where the last value stands otherwise.
        hooks: {
          setCursor: [
            (own) => {
              if (last === null || last === undefined) return;
              const at = own.cursor.idx;
              const value = at === null || at === undefined ? undefined : values[at];
              const isOver = at !== null && at !== undefined;
              last.textContent = isOver
                ? `${format.format(times[at] * 1000)} · ${value === null || value === undefined ? '–' : number.format(value)}`
                : last.dataset.last;
            },
          ],
        },
        scales: {
          // A balance is judged by how far it is from nothing.
          y: { range: (_, low, high) => [Math.min(0, low), high <= 0 ? 1 : high * 1.08] },
        },
        series: [
          {},
          {
            stroke: tone,
            fill: `color-mix(in srgb, ${tone} 12%, transparent)`,
            width: 1.75,
            spanGaps: false,
            points: { show: values.length < 40, size: 5 },
          },
        ],
        axes: [
          axis({
            space: 70,
            values: [
              [86400, '{MM}-{DD}', null, null, null, null, null, null, 1],
              [3600, '{HH}:{mm}', '\n{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
              [60, '{HH}:{mm}', '\n{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
            ],
          }),
          axis({ size: 56, space: 34, values: (_, ticks) => ticks.map((tick) => number.format(tick)) }),
        ],
      },
      [times, values],
      place,
    );
    drawn.add({ plot, place });
  }
}

function forget() {
  for (const each of drawn) each.plot.destroy();
  drawn.clear();
}

function drawAll() {
  forget();
  for (const root of document.querySelectorAll('[data-plots]')) draw(root);
}

let width = window.innerWidth;
window.addEventListener('resize', () => {
  // Phones tell of a new height with every scroll.
  if (window.innerWidth === width) return;
  width = window.innerWidth;
  for (const { plot, place } of drawn) plot.setSize({ width: Math.max(200, place.clientWidth), height: HEIGHT });
});
window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
document.addEventListener('lamplighter:patched', (event) => {
  if (event.target instanceof Element && event.target.matches('[data-plots]')) drawAll();
});
drawAll();
