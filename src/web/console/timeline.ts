import { html } from 'hono/html';
import { NO_DETAIL, says } from '../../fleet/detail/detail.ts';
import { COMING_WORDS, chip, terms } from './coming.ts';
import { dayOf, fullTime, idOf, iso, shortTime, shown, weekdayOf } from './format.ts';
import { instancePath } from './instance.ts';
import { catalogue, LIST_COMMA } from './language.ts';
import type { Coming, ConsoleSource, FleetRow, Timeline } from './source.ts';
import { told } from './told.ts';
import type { Html, Page, Visit } from './visit.ts';
import { WORDS as SHARED, wordIn } from './words.ts';

const WORDS = catalogue({
  en: {
    title: 'Timeline',
    lead: 'The coming 24 hours, as the policies in force would decide them if everything goes on as it is: what idles goes on idling, and nobody comes.',
    caption: 'Instances in rows, the coming 24 hours in columns, with each act that is coming',
    search: 'Search name, id, GPU, label',
    show: 'Show',
    all: 'everything',
    acts: 'acts only',
    nothing: 'Nothing is coming.',
    quiet: (count: number) => `Nothing is coming for ${count} other instances.`,
    missing: (names: string) => `Still being worked out: ${names}.`,
    off: 'off',
    dark: 'The shaded hours: the machine is off.',
    account: 'account',
    when: 'Kind',
    legend: ['is done', 'is announced', 'is due and kept from being done', 'would be done: its policy only observes'],
  },
  zh: {
    title: '时间线',
    lead: '未来 24 小时：若一切照旧（空闲的一直空闲，也没有人来），现行策略将作出的决定。',
    caption: '每行一台实例，每列一个小时，标出将发生的每个动作',
    search: '搜索名称、ID、GPU、标签',
    show: '显示',
    all: '全部',
    acts: '只看动作',
    nothing: '什么都不会发生。',
    quiet: (count: number) => `其余 ${count} 台没有将发生的事。`,
    missing: (names: string) => `还在计算：${names}。`,
    off: '关机',
    dark: '阴影部分：机器处于关机。',
    account: '账号',
    when: '种类',
    legend: ['执行', '预告', '到时候了但被挡住', '本会执行：策略仅观察'],
  },
});

const HOUR_MS = 3_600_000;
const HOURS = 25;
/** What stands in the last columns leans to the left, or it would stand outside. */
const LAST_COLUMNS = 3;
/** So many free hours after it, and there is room for the policy's name. */
const ROOMY_HOURS = 6;

/** The coming day: instances by hours. */
export function timelinePage(source: Pick<ConsoleSource, 'timeline'>): Page {
  return {
    path: '/timeline',
    nav: { en: WORDS.en.title, zh: WORDS.zh.title },
    key: 't',
    render: async (visit) => {
      const timeline = await source.timeline();
      const t = WORDS[visit.language];
      const words = (visit.query.get('q') ?? '')
        .toLowerCase()
        .split(/\s+/)
        .filter((word) => word !== '');
      const actsOnly = visit.query.get('show') === 'acts';
      const wanted = (each: Coming) => !actsOnly || each.kind === 'act' || each.kind === 'announce';
      const fitting = timeline.rows.filter(({ row }) => fits(row, words));
      const rows = fitting
        .map(({ row, coming }) => ({ row, coming: coming.filter(wanted) }))
        .filter(({ coming }) => coming.length > 0)
        .sort((a, b) => firstOf(a.coming) - firstOf(b.coming) || (a.row.name < b.row.name ? -1 : 1));
      const startAt = hourOf(timeline.from, visit.timezone);
      return {
        title: t.title,
        body: html`<h1>${t.title}</h1><p class="dim">${t.lead}</p>
<form class="filters" method="get" action="/timeline" role="search" data-filters><label class="grow"><span class="hidden">${t.search}</span><input type="search" name="q" value="${visit.query.get('q') ?? ''}" placeholder="${t.search}" data-search autocomplete="off"></label><label>${t.when}<select name="show"><option value="">${t.all}</option><option value="acts"${actsOnly ? html` selected` : ''}>${t.acts}</option></select></label><button>${t.show}</button></form>
${visit.live.part('missing', html`<p id="missing" class="dim">${timeline.missing.length === 0 ? '' : t.missing(timeline.missing.join(LIST_COMMA[visit.language]))}</p>`)}
<div class="scroll"><table class="timeline"><caption class="hidden">${t.caption}</caption>${visit.live.part('hours', hours(startAt, visit))}
<tbody id="lanes" data-rows>${visit.live.list('lanes', [
          ...timeline.accounts.map((each) => {
            const id = idOf('a', each.account);
            return { id, element: accountLane(id, each, startAt, visit) };
          }),
          ...rows.map(({ row, coming }) => {
            const id = idOf('l', row.key);
            return { id, element: lane(id, row, coming, startAt, visit) };
          }),
        ])}</tbody></table></div>
${visit.live.part('rest', html`<p id="rest" class="dim">${rows.length === 0 ? t.nothing : t.dark} ${rows.length === 0 || fitting.length === rows.length ? '' : t.quiet(fitting.length - rows.length)}</p>`)}
<p class="legend dim">${(['act', 'announce', 'kept', 'observe'] as const).map((kind, place) => html`<span>${chip({ kind, action: 'stop', told: NO_DETAIL }, visit)} ${t.legend[place] ?? ''}</span>`)}</p>`,
      };
    },
  };
}

function firstOf(coming: readonly Coming[]): number {
  return coming[0]?.at ?? Number.MAX_VALUE;
}

function fits(row: FleetRow, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const labels = Object.entries(row.labels).map(([name, value]) => `${name}=${value}`);
  const text = [row.name, row.key, row.gpu, row.room, ...labels].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The beginning of the hour by the local clock: some zones are half an hour off. */
function hourOf(at: number, timezone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    minute: 'numeric',
    second: 'numeric',
    timeZone: timezone,
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value ?? 0);
  return Math.floor(at / 1000) * 1000 - (part('minute') * 60 + part('second')) * 1000;
}

function hours(startAt: number, visit: Visit): Html {
  const cells = Array.from({ length: HOURS }, (_, place) => startAt + place * HOUR_MS);
  return html`<thead id="hours"><tr><th scope="col">${SHARED[visit.language].instance}</th>${cells.map((at, place) => {
    const isNewDay = place === 0 || dayOf(at, visit.timezone) !== dayOf(at - 1, visit.timezone);
    const hour = shortTime(at, { ...visit, now: at }).slice(0, 2);
    return html`<th scope="col"${isNewDay ? html` class="day"` : ''} title="${fullTime(at, visit)}">${hour}${isNewDay ? html`<small>${weekdayOf(at, visit)}</small>` : ''}</th>`;
  })}</tr></thead>`;
}

function accountLane(
  id: string,
  { account, coming }: Timeline['accounts'][number],
  startAt: number,
  visit: Visit,
): Html {
  const t = WORDS[visit.language];
  return html`<tr id="${id}"><th scope="row"><a href="/accounts/${encodeURIComponent(account)}">${account}</a><small class="key">${t.account}</small></th>${cells(coming, false, startAt, visit)}</tr>`;
}

function lane(id: string, row: FleetRow, coming: readonly Coming[], startAt: number, visit: Visit): Html {
  const isOff = row.status === 'stopped' || row.status === 'destroyed';
  return html`<tr id="${id}"><th scope="row"><a href="${instancePath(row)}">${shown(row.name === '' ? row.id : row.name)}</a><small class="key">${shown(row.account)}</small></th>${cells(coming, isOff, startAt, visit)}</tr>`;
}

/** Hours without anything are one cell together, so that a large fleet stays a small page. */
function cells(coming: readonly Coming[], isOffFirst: boolean, startAt: number, visit: Visit): readonly Html[] {
  const t = WORDS[visit.language];
  const byHour = new Map<number, Coming[]>();
  for (const each of coming) {
    const hour = Math.min(HOURS - 1, Math.max(0, Math.floor((each.at - startAt) / HOUR_MS)));
    const known = byHour.get(hour);
    if (known === undefined) byHour.set(hour, [each]);
    else known.push(each);
  }
  const made: Html[] = [];
  let isOff = isOffFirst;
  let place = 0;
  const empty = (until: number) => {
    if (until > place)
      made.push(
        html`<td colspan="${until - place}"${isOff ? html` class="off"` : ''}>${isOff ? html`<span class="hidden">${t.off}</span>` : ''}</td>`,
      );
    place = until;
  };
  const taken = [...byHour].sort(([a], [b]) => a - b);
  const lanes = new Lanes();
  for (const [index, [hour, list]] of taken.entries()) {
    const room = (taken[index + 1]?.[0] ?? HOURS) - hour;
    empty(hour);
    const leans = hour >= HOURS - LAST_COLUMNS;
    const width = Math.max(...list.map((each) => hoursWide(each, visit)));
    const down = lanes.take(leans ? hour + 1 - width : hour, leans ? hour + 1 : hour + width, list.length);
    made.push(
      html`<td class="has${isOff ? ' off' : ''}${down === 0 ? '' : ` down-${down}`}">${list.map((each) => entry(each, { leans, isRoomy: room >= ROOMY_HOURS }, visit))}</td>`,
    );
    for (const { kind, action } of list) if (kind === 'act') isOff = offAfter(action, isOff);
    place = hour + 1;
  }
  empty(HOURS);
  return made;
}

/** About how many columns an entry covers, without its small print: a column is some 42 px wide, a letter 7. */
function hoursWide({ isNow, kind, action }: Coming, visit: Visit): number {
  const wide = visit.language === 'zh' ? 13 : 7.5;
  const words = wordIn(visit.language, action).length + (kind === 'announce' || kind === 'observe' ? 6 : 0);
  return ((isNow ? 4 : 6) * 7 + words * wide + 20) / 42;
}

/** Deeper than this nobody reads; what comes then covers something. */
const MOST_LANES = 4;

/** Lines of a row on top of each other, so that what comes soon after something does not cover it. */
class Lanes {
  readonly #takenUntil: number[] = [];

  /** From which line on there is room for so many from one column to another. */
  take(from: number, to: number, lines: number): number {
    let first = 0;
    const isFree = (line: number) => (this.#takenUntil[line] ?? Number.NEGATIVE_INFINITY) <= from;
    while (first < MOST_LANES - 1 && !Array.from({ length: lines }, (_, i) => first + i).every(isFree)) first += 1;
    for (let line = first; line < first + lines; line += 1) this.#takenUntil[line] = to;
    return first;
  }
}

function offAfter(action: string, isOff: boolean): boolean {
  if (action === 'stop' || action === 'cardless-stop' || action === 'destroy') return true;
  return action === 'start' || action === 'restart' ? false : isOff;
}

function entry(
  each: Coming,
  { leans, isRoomy }: { readonly leans: boolean; readonly isRoomy: boolean },
  visit: Visit,
): Html {
  const text = `${terms(each, visit.language)}${says(each.told) ? ` — ${told(each.told, visit)}` : ''}`;
  return html`<span class="entry${leans ? ' leans' : ''}" title="${text}">${each.isNow ? html`<b>${COMING_WORDS[visit.language].now}</b>` : html`<time datetime="${iso(each.at)}">${shortTime(each.at, { ...visit, now: each.at })}</time>`} ${chip(each, visit)}${isRoomy ? html` <small>${terms(each, visit.language)}</small>` : html`<span class="hidden"> ${terms(each, visit.language)}</span>`}</span>`;
}
