import { html } from 'hono/html';
import { balance, blockersOf, burn, runway, spent, stateOf } from './accounts.ts';
import { facts, table } from './board-parts.ts';
import { type AccountBoard, type BoardSource, MONEY_RANGES, type MoneyPoint, type MoneyRange } from './board-source.ts';
import { fullTime, iso, shown, span, spanIn, yuan } from './format.ts';
import { catalogue, type Language, LIST_COMMA } from './language.ts';
import { savingsPanel } from './savings.ts';
import type { Html, Page, Visit } from './visit.ts';
import { wordIn } from './words.ts';

/** As a table they are read one by one. */
const ROWS_SHOWN = 48;

const WORDS = catalogue({
  en: {
    all: 'All accounts',
    cloud: 'Cloud',
    state: 'State',
    polled: 'Read every',
    instances: 'Instances',
    count: (all: number, running: number) => `${all}, ${running} running`,
    balance: 'Balance',
    burn: 'Burns an hour',
    runway: 'Lasts for',
    today: 'Paid today',
    actions: 'Allowed to',
    blockers: 'What keeps it from acting',
    nothing: 'Nothing keeps it from acting.',
    ends: 'What ends it: ',
    plots: 'Money over time',
    ranges: { '6h': '6 hours', '3d': '3 days', '90d': '90 days' },
    range: 'Over',
    noHistory: 'Nothing is known of this time yet: a point is kept with every read.',
    asTable: 'As a table',
    at: 'At',
    plotBalance: 'Balance, yuan',
    plotBurn: 'Burn, yuan an hour',
    plotRunway: 'Runway, hours',
    summary: (what: string, from: string, to: string, low: string, high: string) =>
      `${what}: from ${from} to ${to}, between ${low} and ${high}`,
    every: 'every',
    unknownBalance: 'its cloud tells no balance',
  },
  zh: {
    all: '全部账号',
    cloud: '云',
    state: '状态',
    polled: '读取间隔',
    instances: '实例',
    count: (all: number, running: number) => `${all} 台，${running} 台运行中`,
    balance: '余额',
    burn: '每小时消耗',
    runway: '还能撑',
    today: '今天付款',
    actions: '允许的动作',
    blockers: '什么让它不能动作',
    nothing: '没有什么挡着它。',
    ends: '如何解除：',
    plots: '资金走势',
    ranges: { '6h': '6 小时', '3d': '3 天', '90d': '90 天' },
    range: '时段',
    noHistory: '这段时间还没有数据：每次读取记一个点。',
    asTable: '以表格查看',
    at: '时间',
    plotBalance: '余额（元）',
    plotBurn: '每小时消耗（元）',
    plotRunway: '还能撑（小时）',
    summary: (what: string, from: string, to: string, low: string, high: string) =>
      `${what}：从 ${from} 到 ${to}，在 ${low} 与 ${high} 之间`,
    every: '每',
    unknownBalance: '它的云不提供余额',
  },
});

/** One account: its money over time, its limits, and what keeps it from acting with what ends that. */
export function accountPage(source: Pick<BoardSource, 'account' | 'money' | 'savings'>): Page {
  return {
    path: '/accounts/:name',
    nav: null,
    scripts: ['plots.js'],
    styles: ['uplot.css', 'boards.css'],
    render: async (visit, { name = '' }) => {
      const board = await source.account(name);
      if (board === null) return null;
      const t = WORDS[visit.language];
      const asked = visit.query.get('range');
      const range = MONEY_RANGES.find((each) => each === asked) ?? '6h';
      const [points, report] = await Promise.all([source.money(name, range), source.savings(name)]);
      return {
        title: shown(name),
        body: html`<p class="crumbs"><a href="/accounts">${t.all}</a></p><h1>${shown(name)}</h1>
${visit.live.part('account', html`<section id="account" aria-label="${shown(name)}">${factsOf(board, visit)}</section>`)}
${visit.live.part('blockers', html`<section id="blockers" aria-labelledby="h-blockers"><h2 id="h-blockers">${t.blockers}</h2>${blockers(board, visit)}</section>`)}
<section aria-labelledby="h-plots"><h2 id="h-plots">${t.plots}</h2>${ranges(name, range, visit)}${visit.live.part('money', money(points, visit))}</section>
${savingsPanel(report, visit)}`,
      };
    },
  };
}

function factsOf(board: AccountBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { instances, running } = board;
  return facts([
    [t.state, stateOf(board, visit)],
    [t.balance, board.balanceFen === null ? html`<span class="dim">${t.unknownBalance}</span>` : balance(board, visit)],
    [t.burn, board.burnFenPerHour === null && board.unpriced.length === 0 ? null : burn(board, visit)],
    [t.runway, board.runwayMs === null && board.runwayUnknown === null ? null : runway(board, visit)],
    [t.today, spent(board, visit)],
    [t.instances, instances === null ? null : t.count(instances, running ?? 0)],
    [t.actions, board.actions.map((action) => wordIn(visit.language, action)).join(LIST_COMMA[visit.language])],
    [t.cloud, board.provider],
    [t.polled, seconds(board.pollEveryMs, visit.language)],
  ]);
}

/** Polls are often less than a minute apart. */
function seconds(ms: number, language: Language): string {
  return ms < 120_000 ? spanIn(`${Math.round(ms / 1000)}s`, language) : span(ms, language);
}

function blockers(board: AccountBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const all = blockersOf(board, visit);
  if (all.length === 0) return html`<p class="good">✓ ${t.nothing}</p>`;
  return html`<ul class="cards">${all.map(
    ({ tone, what, why, ends }) =>
      html`<li class="card ${tone}"><h3>${what}</h3>${why === '' ? '' : html`<p>${why}</p>`}${ends === '' ? '' : html`<p><b>${t.ends}</b>${ends}</p>`}</li>`,
  )}</ul>`;
}

function ranges(name: string, chosen: MoneyRange, visit: Visit): Html {
  const t = WORDS[visit.language];
  return html`<nav class="ranges" aria-label="${t.range}">${MONEY_RANGES.map(
    (range) =>
      html`<a class="button" href="/accounts/${encodeURIComponent(name)}?range=${range}"${range === chosen ? html` aria-current="true"` : ''}>${t.ranges[range]}</a>`,
  )}</nav>`;
}

interface Plot {
  readonly key: 'balance' | 'burn' | 'runway';
  readonly name: string;
  readonly value: (point: MoneyPoint) => number | null;
  readonly text: (value: number) => string;
}

function plotsOf(visit: Visit): readonly Plot[] {
  const t = WORDS[visit.language];
  const fen = (value: number) => yuan(value * 100);
  const per100 = (value: number | null) => (value === null ? null : value / 100);
  return [
    { key: 'balance', name: t.plotBalance, value: ({ balanceFen }) => per100(balanceFen), text: fen },
    { key: 'burn', name: t.plotBurn, value: ({ burnFenPerHour }) => per100(burnFenPerHour), text: fen },
    {
      key: 'runway',
      name: t.plotRunway,
      value: ({ runwayMs }) => (runwayMs === null ? null : Math.round(runwayMs / 360_000) / 10),
      text: (hours) => span(hours * 3_600_000, visit.language),
    },
  ];
}

/** The plots' places with their data in an attribute, and the same as a table for whoever does not see plots. */
function money(points: readonly MoneyPoint[], visit: Visit): Html {
  const t = WORDS[visit.language];
  if (points.length < 2) return html`<div id="money"><p class="dim">${t.noHistory}</p></div>`;
  const plots = plotsOf(visit).filter(({ value }) => points.some((point) => value(point) !== null));
  const times = JSON.stringify(points.map(({ at }) => Math.round(at / 1000)));
  return html`<div id="money" data-plots data-times="${times}" data-zone="${visit.timezone}"><div class="plots">${plots.map((plot) => figure(plot, points))}</div>
<details><summary>${t.asTable}</summary>${asTable(plots, points, visit)}</details></div>`;

  function figure({ key, name, value, text }: Plot, all: readonly MoneyPoint[]): Html {
    const values = all.map(value);
    const known = values.flatMap((each) => (each === null ? [] : [each]));
    const [first = 0, last = 0] = [known[0], known.at(-1)];
    const label = t.summary(name, text(first), text(last), text(Math.min(...known)), text(Math.max(...known)));
    return html`<figure><figcaption>${name} <b data-last="${text(last)}">${text(last)}</b></figcaption><div class="plot" data-plot="${key}" data-values="${JSON.stringify(values)}" role="img" aria-label="${label}"></div></figure>`;
  }
}

function asTable(plots: readonly Plot[], points: readonly MoneyPoint[], visit: Visit): Html {
  const t = WORDS[visit.language];
  const step = Math.max(1, Math.ceil(points.length / ROWS_SHOWN));
  const rows = points.filter((_, i) => (points.length - 1 - i) % step === 0).toReversed();
  return table({
    caption: t.plots,
    columns: [t.at, ...plots.map(({ name }) => [name, 'number'] as const)],
    rows: rows.map(
      (point) =>
        html`<tr><th scope="row"><time datetime="${iso(point.at)}">${fullTime(point.at, visit)}</time></th>${plots.map(
          ({ value, text }) => {
            const known = value(point);
            return html`<td class="number">${known === null ? '–' : text(known)}</td>`;
          },
        )}</tr>`,
    ),
  });
}
