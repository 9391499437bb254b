import { html } from 'hono/html';
import type { SavingsReport, SavingsRow, SavingsSum } from '../../fleet/savings-report.ts';
import { gpuHours, table } from './board-parts.ts';
import { shown, span, yuan } from './format.ts';
import { catalogue, LIST_COMMA } from './language.ts';
import type { Html, Visit } from './visit.ts';

const WORDS = catalogue({
  en: {
    title: (days: number) => `Saved in ${days} days`,
    nothing: 'No policy has stopped a machine that is paid by the hour in this time.',
    sum: (money: string, hours: string) => `${money}, ${hours} GPU hours`,
    stops: (stops: number, wrong: number) =>
      `${stops} ${stops === 1 ? 'stop' : 'stops'}, ${wrong} of them wrong (a person started it again within half an hour)`,
    would: (money: string, hours: string, stops: number, wrong: number) =>
      `Observing policies would have saved ${money}, ${hours} GPU hours more, with ${stops} ${stops === 1 ? 'stop' : 'stops'}, ${wrong} of them wrong; what two of them would have stopped on one day counts once, and none of it is in the sums.`,
    estimate: 'An estimate, by the prices that are listed or configured.',
    unpriced: (count: number) =>
      `${count} ${count === 1 ? 'machine has' : 'machines have'} no known price: their hours count, and no yuan.`,
    unkept: (count: number) =>
      `Of ${count} ${count === 1 ? 'machine' : 'machines'} nobody says what they cost while stopped (prices: stopped): it is taken for nothing.`,
    unwatched: (accounts: string) => `Not watched, and not counted: ${accounts}.`,
    asTable: 'As a table',
    day: 'Day',
    saved: 'Saved, yuan a day',
    wouldSave: 'Would have saved, yuan a day',
    soFar: (name: string) => `${name}; today so far`,
    hours: 'GPU hours',
    count: 'Stops',
    wrong: 'Wrong',
    summary: (what: string, low: string, high: string) => `${what}: between ${low} and ${high}`,
  },
  zh: {
    title: (days: number) => `最近 ${days} 天节省`,
    nothing: '这段时间没有策略关过按小时计费的机器。',
    sum: (money: string, hours: string) => `${money}，${hours} GPU 小时`,
    stops: (stops: number, wrong: number) => `关机 ${stops} 次，其中关错 ${wrong} 次（半小时内有人又开起来）`,
    would: (money: string, hours: string, stops: number, wrong: number) =>
      `只观察的策略本可再节省 ${money}、${hours} GPU 小时，本会关机 ${stops} 次，其中关错 ${wrong} 次；同一天几条策略都会关的只算一次，且不计入任何合计。`,
    estimate: '估算值，按列出的或配置的价格。',
    unpriced: (count: number) => `${count} 台机器没有价格：只算时长，不算钱。`,
    unkept: (count: number) => `${count} 台机器关机期间的费用没人说过（prices 的 stopped）：当作不要钱。`,
    unwatched: (accounts: string) => `没有人看、也不计算的时间：${accounts}。`,
    asTable: '以表格查看',
    day: '日期',
    saved: '每天节省（元）',
    wouldSave: '每天本可节省（元）',
    soFar: (name: string) => `${name}，今天截至目前`,
    hours: 'GPU 小时',
    count: '关机',
    wrong: '关错',
    summary: (what: string, low: string, high: string) => `${what}：在 ${low} 与 ${high} 之间`,
  },
});

/** How many days back the console looks. */
export const SAVINGS_DAYS = 30;

/** What was saved lately, by day: sums, a plot of each, and the same as a table. */
export function savingsPanel(report: SavingsReport, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { rows, total } = report;
  const isEmpty = total.saved.instances === 0 && total.would.instances === 0;
  return html`<section aria-labelledby="h-savings"><h2 id="h-savings">${t.title(SAVINGS_DAYS)}</h2>${visit.live.part(
    'savings',
    isEmpty ? html`<div id="savings"><p class="dim">${t.nothing}</p></div>` : days(rows, report, visit),
  )}</section>`;
}

function days(rows: readonly SavingsRow[], { total, unwatched }: SavingsReport, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { saved, would } = total;
  const sum = (each: SavingsSum) => [yuan(netOf(each)), gpuHours(each.gpuMs / 1000)] as const;
  const gaps = unwatched.map(({ account, ms }) => `${shown(account)} ${span(ms, visit.language)}`);
  const [unpriced, unkept] = [Math.max(saved.unpriced, would.unpriced), Math.max(saved.unkept, would.unkept)];
  const plots = (['saved', 'would'] as const).filter((kind) => total[kind].instances > 0);
  // By noon of each day, so that a plot has it at its date.
  const times = JSON.stringify(rows.map(({ key }) => noonOf(key ?? '', visit.timezone)));
  const isPlotted = rows.length >= 2;
  return html`<div id="savings"${isPlotted ? html` data-plots data-times="${times}" data-zone="${visit.timezone}"` : ''}><p><b>${t.sum(...sum(saved))}</b> · ${t.stops(saved.stops, saved.wrong)}${would.instances === 0 ? '' : html`<br>${t.would(...sum(would), would.stops, would.wrong)}`}<br><span class="dim">${t.estimate}${unpriced === 0 ? '' : html` ${t.unpriced(unpriced)}`}${unkept === 0 ? '' : html` ${t.unkept(unkept)}`}${gaps.length === 0 ? '' : html` ${t.unwatched(gaps.join(LIST_COMMA[visit.language]))}`}</span></p>${isPlotted ? html`<div class="plots">${plots.map((kind) => figure(kind, rows, visit))}</div>` : ''}
<details${isPlotted ? '' : html` open`}><summary>${t.asTable}</summary>${asTable(rows, visit)}</details></div>`;
}

function figure(kind: 'saved' | 'would', rows: readonly SavingsRow[], visit: Visit): Html {
  const t = WORDS[visit.language];
  const name = kind === 'saved' ? t.saved : t.wouldSave;
  const values = rows.map((row) => Math.round(netOf(row[kind])) / 100);
  const text = (value: number) => yuan(value * 100);
  const last = text(values.at(-1) ?? 0);
  const label = t.summary(name, text(Math.min(...values)), text(Math.max(...values)));
  return html`<figure><figcaption>${t.soFar(name)} <b data-last="${last}">${last}</b></figcaption><div class="plot" data-plot="${kind}" data-values="${JSON.stringify(values)}" role="img" aria-label="${label}"></div></figure>`;
}

function asTable(rows: readonly SavingsRow[], visit: Visit): Html {
  const t = WORDS[visit.language];
  const columns = [t.saved, t.hours, t.count, t.wrong, t.wouldSave].map((name) => [name, 'number'] as const);
  return table({
    caption: t.title(SAVINGS_DAYS),
    columns: [t.day, ...columns],
    rows: rows.toReversed().map(({ key, saved, would }) => {
      const cells = [
        yuan(netOf(saved)),
        gpuHours(saved.gpuMs / 1000),
        String(saved.stops),
        String(saved.wrong),
        yuan(netOf(would)),
      ];
      return html`<tr><th scope="row">${key}</th>${cells.map((each) => html`<td class="number">${each}</td>`)}</tr>`;
    }),
  });
}

function netOf({ grossFen, keptFen }: SavingsSum): number {
  return Math.round(grossFen - keptFen);
}

/** Unix seconds. */
function noonOf(day: string, timezone: string): number {
  const noon = Temporal.PlainDate.from(day).toZonedDateTime({ timeZone: timezone, plainTime: '12:00' });
  return Math.round(noon.epochMilliseconds / 1000);
}
