// The report's own script. Draws what stands in #data; reaches nothing outside of the page.
const data = JSON.parse(document.getElementById('data').textContent);
const { labels, doing: doingWords, kinds: kindWords } = data.words;
const HOUR = 60;
const DAY = 24 * HOUR;
/** Minutes of the first hour that were over when the days began: columns are hours of the clock. */
const { lead } = data;
const ROW = 18;
const AXIS = 34;

// ---- words and numbers --------------------------------------------------------------------------------------------

const clock = new Intl.DateTimeFormat('sv-SE', {
  timeZone: data.timezone,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
});
const timeText = (minute) => clock.format(new Date(data.from + minute * 60_000));
const clockHour = new Intl.DateTimeFormat('sv-SE', { timeZone: data.timezone, hour: '2-digit' });
const hourAt = (minute) => Number(clockHour.format(new Date(data.from + minute * 60_000)));
const weekday = new Intl.DateTimeFormat(data.lang, { timeZone: 'UTC', weekday: 'short' });
const weekdayOf = (day) => weekday.format(new Date(`${day}T00:00:00Z`));
const number = (value, digits = 0) =>
  value.toLocaleString(data.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const yuan = (fen) => number(fen / 100, 2);
const fill = (text, values) => text.replaceAll(/\{(\w+)\}/g, (gap, key) => String(values[key] ?? gap));

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'text') element.textContent = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

// Canvases know no variables, and a variable of two schemes is only resolved where it is used.
const probe = make('span', { class: 'hidden', 'aria-hidden': 'true' });
document.body.append(probe);
function resolved(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
let colours = {};
function readColours() {
  const names = ['--ink', '--dim', '--line', '--card', '--paper', '--hover', '--focus', '--act', '--bad', '--good'];
  colours = Object.fromEntries(names.map((name) => [name.slice(2), resolved(name)]));
  colours.doing = data.doings.map((word) => resolved(`--${word}`));
}

// ---- the machines -------------------------------------------------------------------------------------------------

for (const [place, machine] of data.machines.entries()) {
  machine.place = place;
  machine.label = machine.name === '' ? machine.id : machine.name;
  const starts = [];
  const kinds = [];
  let at = 0;
  for (const [, length, letter] of machine.line.matchAll(/([0-9a-z]+)([A-G])/g)) {
    at += Number.parseInt(length, 36);
    starts.push(at);
    kinds.push(letter.charCodeAt(0) - 65);
  }
  machine.starts = starts;
  machine.kinds = kinds;
  machine.acts = [];
}
for (const act of data.acts) data.machines[act[1]]?.acts.push(act);

const ACT = data.names.kind.indexOf('act');
const isBad = (kind) => ['refused', 'expired', 'arrears', 'released'].includes(data.names.kind[kind]);
const done = (machine) => machine.acts.reduce((sum, act) => sum + (act[3] === ACT ? 1 : 0), 0);

/** What a machine is at in a minute; -1: nothing is known. */
function doingAt(machine, minute) {
  let low = 0;
  let high = machine.starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (machine.starts[middle] <= minute) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? -1 : machine.kinds[low - 1];
}

/** What it was at just before a minute, and since when; `null`: that is how it began. */
function stateBefore(machine, minute) {
  let index = machine.starts.findLastIndex((at) => at < minute);
  if (index < 0) index = 0;
  const at = machine.starts[index];
  return at === undefined || at === 0 ? null : { at, doing: data.doings[machine.kinds[index]] };
}

/** One act in words, with what its policy says. */
function whatOf(act) {
  const [, , , kind, action, , , refused] = act;
  const word = kindWords[data.names.kind[kind]];
  const what = action < 0 ? word : fill(labels.did, { action: data.names.action[action], kind: word });
  return refused > 0 ? fill(labels.noted, { what, note: data.names.refused[refused] }) : what;
}
/** Why, in its word, and what the machine was at. */
function reasonOf(act) {
  const [minute, machine, , , , , reason] = act;
  const before = machine < 0 ? null : stateBefore(data.machines[machine], minute);
  const since =
    before === null ? '' : fill(labels.since, { doing: doingWords[before.doing], at: timeText(before.at).slice(5) });
  return [reason < 0 ? '' : data.names.reason[reason], since].filter((text) => text !== '').join(' · ');
}
function sentenceOf(act) {
  const [minute, , , , , policy] = act;
  const why = policy < 0 ? '' : fill(labels.because, { policy: data.names.policy[policy], reason: reasonOf(act) });
  return `${timeText(minute).slice(11)} ${whatOf(act)}${why}`;
}

// ---- curves -------------------------------------------------------------------------------------------------------

const redraws = [];
function redraw() {
  readColours();
  for (const each of redraws) each();
}

function fitted(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = '11px system-ui, sans-serif';
  return { pen, width, height };
}

/** A round number of steps that cover a span. */
function stepOf(span, most) {
  const raw = span / most || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw) ?? raw;
}

/**
 * Lines over the days. `series`: { points, colour, isDashed }, each point a minute and a value; `marks`: { minute, colour };
 * `parts`: stretches, as minutes, that are only a part of a day.
 */
function plot(canvas, series, { marks = [], parts = [] } = {}) {
  const { pen, width, height } = fitted(canvas);
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  const top = Math.max(0, ...values);
  const bottom = Math.min(0, ...values);
  const step = Math.max(1, stepOf(top - bottom, 4));
  const high = Math.ceil(top / step) * step || step;
  const low = Math.floor(bottom / step) * step;
  const left = 58;
  const x = (minute) => left + (minute / data.minutes) * (width - left - 8);
  const y = (value) => 8 + ((high - value) / (high - low)) * (height - 32);
  for (const [from, until] of parts) {
    pen.fillStyle = colours.hover;
    pen.fillRect(x(from), 8, x(until) - x(from), height - 32);
  }
  pen.textBaseline = 'middle';
  pen.lineWidth = 1;
  for (let value = low; value <= high + step / 2; value += step) {
    pen.strokeStyle = colours.line;
    pen.beginPath();
    pen.moveTo(left, y(value));
    pen.lineTo(width - 8, y(value));
    pen.stroke();
    pen.fillStyle = colours.dim;
    pen.textAlign = 'right';
    // Steps of less than a yuan would all have the same name.
    pen.fillText(number(value / 100, step % 100 === 0 ? 0 : 2), left - 6, y(value));
  }
  pen.textAlign = 'center';
  const every = Math.ceil(data.days.length / Math.max(1, Math.floor((width - left) / 64)));
  const placeOf = ({ at }) => Math.min(width - 20, Math.max(left + 14, x(at)));
  for (const [index, day] of data.days.entries()) {
    const next = data.days[index + every];
    // A first day of a few hours leaves no room for its name.
    const isRoom = next === undefined || placeOf(next) - placeOf(day) >= 40;
    if (index % every === 0 && isRoom) pen.fillText(day.day.slice(5), placeOf(day), height - 10);
  }
  for (const { minute, colour: own } of marks) {
    pen.strokeStyle = own;
    pen.beginPath();
    pen.moveTo(x(minute), 8);
    pen.lineTo(x(minute), height - 24);
    pen.stroke();
  }
  for (const { points, colour: line, isDashed } of series) {
    pen.strokeStyle = line;
    pen.lineWidth = 2;
    pen.setLineDash(isDashed ? [5, 4] : []);
    pen.beginPath();
    for (const [index, [minute, value]] of points.entries())
      pen[index === 0 ? 'moveTo' : 'lineTo'](x(minute), y(value));
    pen.stroke();
  }
  pen.setLineDash([]);
}

function key(text, paint) {
  const sample = make('canvas', { 'aria-hidden': 'true' });
  redraws.push(() => {
    const { pen, width, height } = fitted(sample);
    pen.fillStyle = paint();
    pen.fillRect(0, 0, width, height);
  });
  return make('li', {}, sample, text);
}

function chart(title, note, draw, legend, table) {
  const canvas = make('canvas', { role: 'img', 'aria-label': `${title}; ${note}` });
  redraws.push(() => draw(canvas));
  return make(
    'section',
    { class: 'panel' },
    make('h2', { text: title }),
    make('p', { class: 'note', text: note }),
    canvas,
    make('ul', { class: 'legend' }, ...legend.map(([text, paint]) => key(text, paint))),
    make(
      'details',
      { class: 'table' },
      make('summary', { text: labels.asTable }),
      make('div', { class: 'scroll' }, table),
    ),
  );
}

/** Of a table its head and what it is called, which only a screen reader says: a heading is right above it. */
function headOf(name, columns) {
  const cells = columns.map((each) => make('th', { scope: 'col', ...each }));
  return [make('caption', { class: 'hidden', text: name }), make('thead', {}, make('tr', {}, ...cells))];
}

/** `columns` and cells: { text, class }. The first of a row is its name. */
function tableOf(name, columns, rows) {
  const row = ([first, ...cells]) =>
    make('tr', {}, make('th', { scope: 'row', ...first }), ...cells.map((each) => make('td', each)));
  return make('table', {}, ...headOf(name, columns), make('tbody', {}, ...rows.map(row)));
}
const left = (text) => ({ text });
const right = (text) => ({ class: 'number', text });

const sumOf = (of) => data.days.map((_, day) => data.accounts.reduce((sum, account) => sum + of(account)[day], 0));
const spent = sumOf((account) => account.with);
const wouldSpend = sumOf((account) => account.without);
const paid = sumOf((account) => account.paid);
let total = 0;
const saved = data.days.map((_, day) => {
  total += wouldSpend[day] - spent[day];
  return total;
});
const endOf = (day) => data.days[day + 1]?.at ?? data.minutes;
// Level over each day, at what it would come to in 24 hours: a day of which there is only a part is narrow, and not low.
const levels = (sums) =>
  sums.flatMap((fen, day) => {
    const [from, until] = [data.days[day].at, endOf(day)];
    const aDay = until > from ? (fen * DAY) / (until - from) : 0;
    return [
      [from, aDay],
      [until, aDay],
    ];
  });
const parts = data.days.flatMap(({ at, isPart }, day) => (isPart ? [[at, endOf(day)]] : []));
const dayText = ({ day, at, isPart }, index) =>
  isPart ? fill(labels.partOfDay, { day, hours: number((endOf(index) - at) / HOUR, 1) }) : day;

const charts = make('div', { class: 'charts' });
const dayRows = (columns) =>
  data.days.map((day, index) => [left(dayText(day, index)), ...columns.map((values) => right(yuan(values[index])))]);
charts.append(
  chart(
    labels.cost,
    labels.costNote,
    (canvas) =>
      plot(
        canvas,
        [
          { points: levels(wouldSpend), colour: colours.dim, isDashed: true },
          { points: levels(spent), colour: colours.doing[0] },
        ],
        { parts },
      ),
    [
      [labels.with, () => colours.doing[0]],
      [labels.without, () => colours.dim],
    ],
    tableOf(
      labels.cost,
      [left(labels.day), right(labels.with), right(labels.without), right(labels.renewals)],
      dayRows([spent, wouldSpend, paid]),
    ),
  ),
  chart(
    labels.savings,
    labels.savingsNote,
    (canvas) =>
      plot(canvas, [{ points: [[0, 0], ...saved.map((fen, day) => [endOf(day), fen])], colour: colours.good }]),
    [[labels.savings, () => colours.good]],
    tableOf(labels.savings, [left(labels.day), right(labels.savings)], dayRows([saved])),
  ),
);
const marksOf = (account) =>
  data.acts
    .filter((act) => act[2] === account && ['expired', 'arrears', 'released'].includes(data.names.kind[act[3]]))
    .map((act) => ({ minute: act[0], colour: colours.bad }));
for (const [place, account] of data.accounts.entries()) {
  if (account.balance === null) continue;
  // Of each hour at its end.
  const points = account.balance.flatMap((fen, hour) =>
    fen === null ? [] : [[Math.min((hour + 1) * HOUR - lead, data.minutes), fen]],
  );
  const atEnd = data.days.map(
    (_, day) => points.findLast(([minute]) => minute <= endOf(day))?.[1] ?? points[0]?.[1] ?? 0,
  );
  const name = fill(labels.balanceOf, { account: account.name });
  charts.append(
    chart(
      name,
      labels.balanceNote,
      (canvas) => plot(canvas, [{ points, colour: colours.doing[3] }], { marks: marksOf(place) }),
      [[labels.balance, () => colours.doing[3]]],
      tableOf(name, [left(labels.day), right(labels.balance)], dayRows([atEnd])),
    ),
  );
}

// ---- the fleet ----------------------------------------------------------------------------------------------------

let shown = data.machines;
/** Pixels an hour; `null`: as many as fit. */
let scale = null;
let cursor = null;
let pointed = null;

const map = make('div', {
  class: 'map',
  tabindex: '0',
  role: 'application',
  'aria-label': labels.fleet,
  'aria-describedby': 'fleet-help fleet-said',
});
const sheet = make('canvas', { 'aria-hidden': 'true' });
const spacer = make('div', {});
map.append(sheet, spacer);
const said = make('p', { class: 'said note', id: 'fleet-said', 'aria-live': 'polite' });

const hours = Math.ceil((lead + data.minutes) / HOUR);
/** The minute in which a column begins. */
const beginOf = (hour) => Math.max(0, hour * HOUR - lead);
function nameWidth() {
  return Math.min(190, Math.max(90, map.clientWidth * 0.22));
}
function pixelsAnHour() {
  return scale ?? Math.max(0.25, (map.clientWidth - nameWidth() - 2) / hours);
}

function layOut() {
  const wide = nameWidth() + hours * pixelsAnHour();
  const tall = AXIS + shown.length * ROW;
  const height = Math.max(AXIS + ROW, Math.min(tall + 2, Math.round(window.innerHeight * 0.66)));
  sheet.style.width = `${map.clientWidth}px`;
  sheet.style.height = `${height}px`;
  spacer.style.width = `${wide}px`;
  // The canvas stands in the flow and takes its own height of it.
  spacer.style.height = `${Math.max(0, tall - height)}px`;
}

function drawMap() {
  layOut();
  const { pen, width, height } = fitted(sheet);
  const names = nameWidth();
  const px = pixelsAnHour() / HOUR;
  const { scrollLeft, scrollTop } = map;
  const first = Math.max(0, Math.floor(scrollTop / ROW));
  const last = Math.min(shown.length, Math.ceil((scrollTop + height - AXIS) / ROW) + 1);
  const x = (minute) => names + (lead + minute) * px - scrollLeft;
  pen.save();
  pen.beginPath();
  pen.rect(names, 0, width - names, height);
  pen.clip();
  for (let index = first; index < last; index += 1) {
    const y = AXIS + index * ROW - scrollTop;
    drawLine(pen, shown[index], { x, y: y + 2, tall: ROW - 4, from: names, until: width });
  }
  drawDays(pen, { x, height, px, names, width });
  pen.restore();
  drawNames(pen, { first, last, scrollTop, names, height });
  if (cursor !== null) drawCursor(pen, { x, px, names, scrollTop });
}

/** Stretches that are narrower than a pixel are mixed: the longest of the pixel wins. */
function drawLine(pen, machine, { x, y, tall, from, until }) {
  const { starts, kinds } = machine;
  let left = null;
  for (let index = 0; index < starts.length; index += 1) {
    const begin = x(starts[index]);
    const end = x(starts[index + 1] ?? data.minutes);
    if (end < from || begin > until) continue;
    // Never narrower than a pixel's third, so that short work shows.
    pen.fillStyle = colours.doing[kinds[index]];
    const at = left === null ? begin : Math.max(begin, left - 0.5);
    pen.fillRect(at, y, Math.max(0.34, end - at), tall);
    left = end;
  }
  pen.fillStyle = colours.act;
  let lastMark = Number.NEGATIVE_INFINITY;
  for (const [minute, , , kind] of machine.acts) {
    if (kind !== ACT && !isBad(kind)) continue;
    const at = x(minute);
    if (at < from || at > until || at - lastMark < 3) continue;
    pen.fillStyle = kind === ACT ? colours.act : colours.bad;
    pen.fillRect(at - 0.5, y - 1, 1.5, 5);
    lastMark = at;
  }
}

function drawDays(pen, { x, height, px, names, width }) {
  pen.fillStyle = colours.card;
  pen.fillRect(names, 0, width - names, AXIS);
  pen.textBaseline = 'middle';
  pen.textAlign = 'left';
  const dayWidth = DAY * px;
  const every = Math.max(1, Math.ceil(44 / dayWidth));
  for (const [index, { day, at: begin }] of data.days.entries()) {
    const at = x(begin);
    const end = x(data.days[index + every]?.at ?? data.minutes);
    if (at > width || end < names) continue;
    pen.fillStyle = colours.line;
    if (dayWidth > 14) pen.fillRect(Math.round(at), AXIS - 6, 1, height - AXIS + 6);
    if (index % every !== 0) continue;
    pen.fillStyle = colours.ink;
    const name = day.slice(5);
    const text = dayWidth > 80 ? `${name} ${weekdayOf(day)}` : name;
    const isRoom = (own) => end - at > pen.measureText(own).width + 6;
    // The day that begins to the left of what is seen keeps its name as long as there is room for it.
    const last = Math.max(at + 3, end - pen.measureText(text).width - 8);
    if (isRoom(name) || data.days.length === 1)
      pen.fillText(isRoom(text) ? text : name, Math.min(Math.max(at, names) + 3, last), 10);
  }
  if (dayWidth < 150) return;
  pen.fillStyle = colours.dim;
  pen.textAlign = 'center';
  const step = dayWidth > 420 ? 3 : 6;
  const seen = Math.max(0, Math.floor((names - x(-lead)) / (HOUR * px)));
  for (let hour = seen; hour < hours && x(beginOf(hour)) < width; hour += 1) {
    const each = hourAt(beginOf(hour));
    // Midnight has the name of its day.
    if (each > 0 && each % step === 0 && hour > 0) pen.fillText(String(each), x(beginOf(hour)), 24);
  }
}

function drawNames(pen, { first, last, scrollTop, names, height }) {
  pen.fillStyle = colours.card;
  pen.fillRect(0, 0, names, height);
  pen.fillStyle = colours.line;
  pen.fillRect(names - 1, 0, 1, height);
  pen.fillRect(0, AXIS - 1, sheet.clientWidth, 1);
  pen.textBaseline = 'middle';
  pen.textAlign = 'left';
  pen.save();
  pen.beginPath();
  pen.rect(0, AXIS, names - 6, height - AXIS);
  pen.clip();
  for (let index = first; index < last; index += 1) {
    const y = AXIS + index * ROW - scrollTop + ROW / 2;
    pen.fillStyle = cursor?.row === index ? colours.focus : colours.ink;
    pen.fillText(shown[index].label, 8, y);
  }
  pen.restore();
}

function drawCursor(pen, { x, px, names, scrollTop }) {
  const y = AXIS + cursor.row * ROW - scrollTop;
  if (y < AXIS - 1) return;
  const wide = Math.max(3, HOUR * px);
  pen.strokeStyle = colours.focus;
  pen.lineWidth = 2;
  const at = Math.max(names, x(cursor.hour * HOUR - lead));
  pen.strokeRect(at - 1, y, wide + 2, ROW);
}

/** What is said of one hour of one machine. */
function hourText(row, hour) {
  const machine = shown[row];
  if (machine === undefined) return '';
  const begin = beginOf(hour);
  const end = Math.min((hour + 1) * HOUR - lead, data.minutes);
  const seen = new Set();
  for (let minute = begin; minute < end; minute += 1) seen.add(doingAt(machine, minute));
  const doings = [...seen].map((kind) => (kind < 0 ? labels.none : doingWords[data.doings[kind]]));
  const acts = machine.acts.filter(([minute]) => minute >= begin && minute < end);
  const head = fill(labels.hourOf, {
    machine: machine.label,
    account: data.accounts[machine.account].name,
    at: timeText(begin),
    doings: doings.join(labels.comma),
  });
  return [head, ...acts.slice(0, 6).map(sentenceOf), ...(acts.length > 6 ? ['…'] : [])].join('\n');
}

function moveTo(row, hour) {
  if (shown.length === 0) return;
  cursor = {
    row: Math.max(0, Math.min(shown.length - 1, row)),
    hour: Math.max(0, Math.min(hours - 1, hour)),
  };
  const y = cursor.row * ROW;
  const seen = sheet.clientHeight - AXIS - ROW;
  if (y < map.scrollTop) map.scrollTop = y;
  else if (y > map.scrollTop + seen) map.scrollTop = y - seen;
  const x = cursor.hour * pixelsAnHour();
  const wide = map.clientWidth - nameWidth() - pixelsAnHour();
  if (x < map.scrollLeft) map.scrollLeft = x;
  else if (x > map.scrollLeft + wide) map.scrollLeft = x - wide;
  said.textContent = hourText(cursor.row, cursor.hour);
  drawMap();
}

function zoom(factor, around = map.clientWidth / 2) {
  const before = pixelsAnHour();
  const hour = (map.scrollLeft + around - nameWidth()) / before;
  const fit = (map.clientWidth - nameWidth() - 2) / hours;
  const next = factor === null ? null : Math.min(60, before * factor);
  scale = next === null || next <= fit ? null : next;
  drawMap();
  map.scrollLeft = hour * pixelsAnHour() - around + nameWidth();
  drawMap();
}

const KEYS = {
  ArrowLeft: () => [0, -1],
  ArrowRight: () => [0, 1],
  ArrowUp: () => [-1, 0],
  ArrowDown: () => [1, 0],
  PageUp: () => [-10, 0],
  PageDown: () => [10, 0],
  Home: () => [0, -hours],
  End: () => [0, hours],
};
map.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '+' || event.key === '=') zoom(1.6);
  else if (event.key === '-') zoom(1 / 1.6);
  else if (event.key === 'Enter' && cursor !== null) choose(shown[cursor.row]);
  else if (event.key in KEYS) {
    const [rows, hoursOn] = KEYS[event.key]();
    if (cursor === null) moveTo(0, 0);
    else moveTo(cursor.row + rows, cursor.hour + hoursOn);
  } else return;
  event.preventDefault();
});
map.addEventListener('scroll', () => requestAnimationFrame(drawMap));
map.addEventListener('focus', () => {
  if (cursor === null) moveTo(0, 0);
});
function placeOf(event) {
  const box = sheet.getBoundingClientRect();
  const row = Math.floor((event.clientY - box.top - AXIS + map.scrollTop) / ROW);
  const hour = Math.floor((event.clientX - box.left - nameWidth() + map.scrollLeft) / pixelsAnHour());
  const isIn = event.clientY - box.top > AXIS && row < shown.length;
  return isIn ? { row, hour: Math.max(0, Math.min(hours - 1, hour)) } : null;
}
map.addEventListener('pointermove', (event) => {
  const place = placeOf(event);
  const id = place === null ? null : `${place.row}/${place.hour}`;
  if (place === null || id === pointed) return;
  pointed = id;
  // Not announced: whoever points sees it.
  said.setAttribute('aria-live', 'off');
  said.textContent = hourText(place.row, place.hour);
  sheet.title = said.textContent;
});
map.addEventListener('click', (event) => {
  const place = placeOf(event);
  said.setAttribute('aria-live', 'polite');
  if (place !== null) moveTo(place.row, place.hour);
});
map.addEventListener('dblclick', (event) => {
  const place = placeOf(event);
  if (place !== null) choose(shown[place.row]);
});
map.addEventListener(
  'wheel',
  (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.25 : 0.8, event.clientX - map.getBoundingClientRect().left);
  },
  { passive: false },
);
map.addEventListener('keydown', () => said.setAttribute('aria-live', 'polite'), true);

const find = make('input', { type: 'search', placeholder: labels.find, 'aria-label': labels.find, oninput: choices });
const ofAccount = make('select', { 'aria-label': labels.account, onchange: choices });
ofAccount.append(make('option', { value: '', text: labels.allAccounts }));
for (const [place, { name }] of data.accounts.entries())
  ofAccount.append(make('option', { value: String(place), text: name }));
const order = make('select', { 'aria-label': labels.order, onchange: choices });
for (const [value, text] of [
  ['listing', labels.byListing],
  ['saved', labels.bySaved],
  ['acts', labels.byActs],
  ['name', labels.byName],
])
  order.append(make('option', { value, text }));
const savedBy = ({ fen, withoutFen }) => (withoutFen ?? 0) - (fen ?? 0);
function choices() {
  const text = find.value.trim().toLowerCase();
  shown = data.machines.filter(
    ({ label, id, account }) =>
      (ofAccount.value === '' || String(account) === ofAccount.value) &&
      (text === '' || label.toLowerCase().includes(text) || id.toLowerCase().includes(text)),
  );
  if (order.value === 'saved') shown = shown.toSorted((a, b) => savedBy(b) - savedBy(a));
  if (order.value === 'acts') shown = shown.toSorted((a, b) => done(b) - done(a));
  if (order.value === 'name')
    shown = shown.toSorted((a, b) => a.label.localeCompare(b.label, data.lang, { numeric: true }));
  cursor = null;
  map.scrollTop = 0;
  drawMap();
  machinesTable.show(0);
}

const fleet = make(
  'section',
  { class: 'panel' },
  make('h2', { text: labels.fleet }),
  make(
    'div',
    { class: 'bar' },
    find,
    ofAccount,
    order,
    make('span', { class: 'gap' }),
    make('button', { type: 'button', text: labels.zoomOut, onclick: () => zoom(1 / 1.6) }),
    make('button', { type: 'button', text: labels.zoomIn, onclick: () => zoom(1.6) }),
    make('button', { type: 'button', text: labels.zoomFit, onclick: () => zoom(null) }),
  ),
  map,
  said,
  make(
    'ul',
    { class: 'legend' },
    ...data.doings.map((word, index) => key(doingWords[word], () => colours.doing[index])),
  ),
  make('p', { class: 'note', id: 'fleet-help', text: labels.fleetHelp }),
);

// ---- tables -------------------------------------------------------------------------------------------------------

/** A table of which one page is there at a time: a browser lays out fifty rows, and not fifty thousand. */
function paged(name, columns, size) {
  const body = make('tbody');
  const where = make('span', { role: 'status' });
  const back = make('button', { type: 'button', text: labels.previous });
  const on = make('button', { type: 'button', text: labels.next });
  const table = make('table', {}, ...headOf(name, columns), body);
  const state = { page: 0, rows: () => [], row: () => make('tr') };
  const view = {
    element: make('div', {}, make('div', { class: 'scroll' }, table), make('div', { class: 'bar' }, back, on, where)),
    state,
    show(page) {
      const rows = state.rows();
      const pages = Math.max(1, Math.ceil(rows.length / size));
      state.page = Math.max(0, Math.min(pages - 1, page));
      body.replaceChildren(...rows.slice(state.page * size, (state.page + 1) * size).map(state.row));
      where.textContent = fill(labels.page, { page: state.page + 1, pages });
      back.disabled = state.page === 0;
      on.disabled = state.page === pages - 1;
    },
  };
  back.addEventListener('click', () => view.show(state.page - 1));
  on.addEventListener('click', () => view.show(state.page + 1));
  return view;
}

const machinesTable = paged(
  labels.machines,
  [
    { text: labels.machine },
    { text: labels.account },
    { text: labels.hoursUp, class: 'number' },
    { text: labels.hoursWithout, class: 'number' },
    { text: labels.yuan, class: 'number' },
    { text: labels.yuanWithout, class: 'number' },
    { text: labels.renewals, class: 'number' },
    { text: labels.interruptions, class: 'number' },
  ],
  25,
);
const money = (fen) => (fen === null ? labels.unpriced : yuan(fen));
machinesTable.state.rows = () => shown;
machinesTable.state.row = (machine) =>
  make(
    'tr',
    {},
    make(
      'th',
      { scope: 'row' },
      make('button', { type: 'button', text: machine.label, onclick: () => choose(machine) }),
    ),
    make('td', { text: data.accounts[machine.account].name }),
    make('td', { class: 'number', text: number(machine.up / 60, 1) }),
    make('td', { class: 'number', text: number(machine.upWithout / 60, 1) }),
    make('td', { class: 'number', text: money(machine.fen) }),
    make('td', { class: 'number', text: money(machine.withoutFen) }),
    make('td', { class: 'number', text: money(machine.paidFen) }),
    make('td', { class: 'number', text: `${machine.interruptions}${machine.busy > 0 ? ` (${machine.busy})` : ''}` }),
  );

let chosen = null;
const ofPolicy = make('select', { 'aria-label': labels.policy, onchange: () => listActs() });
ofPolicy.append(make('option', { value: '', text: labels.allPolicies }));
for (const [place, name] of data.names.policy.entries())
  ofPolicy.append(make('option', { value: String(place), text: name }));
const ofKind = make('select', { 'aria-label': labels.what, onchange: () => listActs() });
ofKind.append(
  make('option', { value: 'done', text: labels.doneOnly }),
  make('option', { value: '', text: labels.allKinds }),
);
for (const [place, kind] of data.names.kind.entries())
  ofKind.append(make('option', { value: String(place), text: kindWords[kind] }));
const everyone = make('button', { type: 'button', text: labels.allMachines, onclick: () => choose(null) });
const about = make('strong', { role: 'status' });
const count = make('p', { class: 'note' });

const actsTable = paged(
  labels.acts,
  [
    { text: labels.when },
    { text: labels.machine },
    { text: labels.what },
    { text: labels.policy },
    { text: labels.reason },
  ],
  50,
);
let listed = [];
actsTable.state.rows = () => listed;
actsTable.state.row = (act) => {
  const [minute, machine, account, kind, , policy] = act;
  const name = machine < 0 ? data.names.account[account] : data.machines[machine].label;
  return make(
    'tr',
    {},
    make('td', { class: 'when', text: timeText(minute) }),
    make('td', { text: name }),
    make('td', { class: isBad(kind) ? 'bad' : null, text: whatOf(act) }),
    policy < 0 ? make('td') : make('td', {}, make('a', { href: `#policy-${policy}`, text: data.names.policy[policy] })),
    make('td', { text: reasonOf(act) }),
  );
};

function listActs() {
  const wanted = ofKind.value;
  listed = (chosen === null ? data.acts : chosen.acts).filter(
    ([, , , kind, , policy]) =>
      (ofPolicy.value === '' || String(policy) === ofPolicy.value) &&
      (wanted === '' || (wanted === 'done' ? kind === ACT : String(kind) === wanted)),
  );
  about.textContent = chosen === null ? '' : fill(labels.onlyThis, { machine: chosen.label });
  everyone.hidden = chosen === null;
  count.textContent = fill(labels.actsNote, { count: number(listed.length) });
  actsTable.show(0);
}

/** Shows the acts of one machine alone; `null`: of all. */
function choose(machine) {
  chosen = machine;
  listActs();
  actsSection.scrollIntoView({ block: 'nearest' });
  actsHead.focus({ preventScroll: true });
}

const actsHead = make('h2', { text: labels.acts, tabindex: '-1' });
const actsSection = make(
  'section',
  { class: 'panel' },
  actsHead,
  make('div', { class: 'bar' }, ofPolicy, ofKind, about, everyone),
  count,
  actsTable.element,
);

const app = document.getElementById('app');
if (data.machines.length === 0) app.append(make('p', { text: labels.empty }));
app.append(
  charts,
  fleet,
  make('section', { class: 'panel' }, make('h2', { text: labels.machines }), machinesTable.element),
  actsSection,
  make(
    'section',
    { class: 'panel' },
    make('h2', { text: labels.policies }),
    make(
      'dl',
      {},
      ...data.policies.flatMap((text, place) => [
        make('dt', { id: `policy-${place}`, tabindex: '-1', text: data.names.policy[place] }),
        make('dd', { text }),
      ]),
    ),
  ),
);
redraws.push(drawMap);
redraw();
choices();
listActs();
new ResizeObserver(() => redraw()).observe(app);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
