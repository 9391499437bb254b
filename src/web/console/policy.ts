import { html } from 'hono/html';
import { cell, facts, gpuHours, instanceCell, linkTo, table } from './board-parts.ts';
import type { BoardSource, PolicyBoard } from './board-source.ts';
import { fromNow, shown, yuan } from './format.ts';
import { catalogue } from './language.ts';
import { operationTable } from './operations.ts';
import { about, modeWord, placeOf, tallyCell } from './policies.ts';
import { cautionsInWords, policyInWords } from './policy-words.ts';
import { told } from './told.ts';
import type { Html, Page, Visit } from './visit.ts';
import { wordIn } from './words.ts';

const WORDS = catalogue({
  en: {
    all: 'All policies',
    mode: 'Mode',
    about: 'Is about',
    day: 'Last 24 hours',
    week: 'Last 7 days',
    saved: 'Saved so far',
    savedText: (money: string, hours: string) => `${money}, ${hours} GPU hours`,
    file: 'Written in',
    now: 'What it is about now',
    nothingNow: 'Nothing matches it now.',
    recent: 'What it did last',
    nothingYet: 'It has asked for nothing yet.',
    observed: 'What it would have stopped',
    observedLead: (stops: number, right: number, wrong: number, unknown: number, open: number) =>
      `${stops} ${stops === 1 ? 'stop' : 'stops'} while it only watched: ${right} right, ${wrong} wrong (somebody went on within half an hour), ${unknown} of which nobody could tell, ${open} not judged yet.`,
    would: (money: string, hours: string) => `It would have saved ${money}, ${hours} GPU hours.`,
    target: 'Instance',
    decision: 'Decision',
    action: 'Action',
    why: 'Why',
    at: 'When',
    outcome: 'It was',
    saves: 'Would have saved',
    outcomes: { right: 'right', wrong: 'wrong', unknown: 'not known', open: 'not judged yet' },
    decisions: { act: 'acts', notify: 'tells', announce: 'announces', refuse: 'does not' },
  },
  zh: {
    all: '全部策略',
    mode: '方式',
    about: '涉及',
    day: '最近 24 小时',
    week: '最近 7 天',
    saved: '至今节省',
    savedText: (money: string, hours: string) => `${money}，${hours} GPU 小时`,
    file: '写在',
    now: '现在涉及的',
    nothingNow: '现在没有符合的。',
    recent: '最近做过的',
    nothingYet: '还没有提出过任何操作。',
    observed: '本会关掉的',
    observedLead: (stops: number, right: number, wrong: number, unknown: number, open: number) =>
      `只观察期间共 ${stops} 次关机：${right} 次正确，${wrong} 次错误（半小时内有人继续用），${unknown} 次无从判断，${open} 次尚未判定。`,
    would: (money: string, hours: string) => `本可节省 ${money}，${hours} GPU 小时。`,
    target: '实例',
    decision: '判定',
    action: '动作',
    why: '原因',
    at: '时间',
    outcome: '结果',
    saves: '本可节省',
    outcomes: { right: '正确', wrong: '错误', unknown: '无从判断', open: '尚未判定' },
    decisions: { act: '执行', notify: '通知', announce: '预告', refuse: '不做' },
  },
});

/** One policy: what it says in plain words, what it is about now, what it did, and what it would have done. */
export function policyPage(source: Pick<BoardSource, 'policy'>): Page {
  return {
    path: '/policies/:name',
    nav: null,
    styles: ['boards.css'],
    render: async (visit, { name = '' }) => {
      const board = await source.policy(name);
      if (board === null) return null;
      const t = WORDS[visit.language];
      const cautions = cautionsInWords(board.facts, visit);
      return {
        title: shown(board.facts.name),
        body: html`<p class="crumbs"><a href="/policies">${t.all}</a></p><h1>${shown(board.facts.name)}</h1>${board.facts.description === '' ? '' : html`<p class="lead">${shown(board.facts.description)}</p>`}
<section class="panel" aria-label="${shown(board.facts.name)}">${policyInWords(board.facts, visit)}${cautions.length === 0 ? '' : html`<ul class="cautions">${cautions.map((caution) => html`<li>${caution}</li>`)}</ul>`}</section>
${visit.live.part('numbers', html`<section id="numbers" aria-label="${t.saved}">${numbers(board, visit)}</section>`)}
${visit.live.part('stands', html`<section id="stands" aria-labelledby="h-now"><h2 id="h-now">${t.now} <span class="count">${board.stands.length}</span></h2>${stands(board, visit)}</section>`)}
${observed(board, visit)}
${visit.live.part('recent', html`<section id="recent" aria-labelledby="h-recent"><h2 id="h-recent">${t.recent}</h2>${board.recent.length === 0 ? html`<p class="dim">${t.nothingYet}</p>` : operationTable(board.recent, t.recent, visit)}</section>`)}`,
      };
    },
  };
}

function numbers(board: PolicyBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { saved } = board;
  const isNothing = saved.gpuSeconds === 0 && saved.fen === 0;
  return facts([
    [t.mode, modeWord(board.facts, visit)],
    [t.about, about(board, visit)],
    [t.day, tallyCell(board.day, visit)],
    [t.week, tallyCell(board.week, visit)],
    [t.saved, isNothing ? null : t.savedText(yuan(saved.fen), gpuHours(saved.gpuSeconds))],
    [t.file, placeOf(board.facts)],
  ]);
}

function stands({ stands: rows }: PolicyBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { language } = visit;
  if (rows.length === 0) return html`<p class="dim">${t.nothingNow}</p>`;
  const words = new Map<string, string>(Object.entries(t.decisions));
  return table({
    caption: t.now,
    style: 'folds',
    columns: [t.target, t.decision, t.action, [t.why, 'wide']],
    rows: rows.map(
      ({ target, name, decision, action, reason, told: what }) =>
        html`<tr${reason === 'not-due' ? html` class="quiet"` : ''}><th scope="row">${target.includes('/') ? instanceCell(name, target) : html`<a href="${linkTo.account(target)}">${shown(target)}</a>`}</th>${cell(t.decision, words.get(decision) ?? decision)}${cell(t.action, wordIn(language, action))}${cell(t.why, html`<span class="reason" title="${reason}">${wordIn(language, reason)}</span><small>${told(what, visit)}</small>`, 'wide')}</tr>`,
    ),
  });
}

function observed({ observed: tally, shadows }: PolicyBoard, visit: Visit): Html | string {
  const t = WORDS[visit.language];
  if (tally.stops === 0 && shadows.length === 0) return '';
  const { stops, right, wrong, unknown, open } = tally;
  const tones = { right: 'good', wrong: 'bad', unknown: '', open: 'busy' } as const;
  return html`<section aria-labelledby="h-observed"><h2 id="h-observed">${t.observed}</h2><p>${t.observedLead(stops, right, wrong, unknown, open)} ${t.would(yuan(tally.savedFen), gpuHours(tally.savedGpuSeconds))}</p>${table(
    {
      caption: t.observed,
      columns: [t.target, t.action, [t.at, 'when'], t.outcome, [t.saves, 'number']],
      rows: shadows.map(
        ({ instance, name, action, at, outcome, savedFen }) =>
          html`<tr><th scope="row">${instanceCell(name, instance)}</th><td>${wordIn(visit.language, action)}</td><td class="when">${fromNow(at, visit)}</td><td><span class="word ${tones[outcome]}">${t.outcomes[outcome]}</span></td><td class="number">${yuan(savedFen)}</td></tr>`,
      ),
    },
  )}</section>`;
}
