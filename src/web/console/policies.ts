import { html } from 'hono/html';
import { z } from 'zod';
import type { WebSource } from '../source.ts';
import { type Action, action, saidOf } from './action.ts';
import { cell, formFields, gpuHours, linkTo, table } from './board-parts.ts';
import type {
  BoardSource,
  FileMistake,
  PolicyFacts,
  PolicyRow,
  PolicyTally,
  ReloadState,
  StepFacts,
} from './board-source.ts';
import { fromNow, idOf, shown, yuan } from './format.ts';
import { catalogue, LIST_COMMA } from './language.ts';
import { stepInWords } from './policy-words.ts';
import { savingsPanel } from './savings.ts';
import type { Html, Page, Visit } from './visit.ts';
import { wordIn } from './words.ts';

const WORDS = catalogue({
  en: {
    title: 'Policies',
    lead: 'What is in force, in the order in which it decides: of two that want opposite things of a machine the upper one wins.',
    none: 'No policy is in force.',
    policy: 'Policy',
    mode: 'Mode',
    does: 'Does',
    matches: 'Is about',
    instances: (count: number) => `${count} ${count === 1 ? 'instance' : 'instances'}`,
    accounts: (count: number) => `${count} ${count === 1 ? 'account' : 'accounts'}`,
    off: 'turned off',
    day: 'Last 24 hours',
    week: 'Last 7 days',
    saved: 'Saved so far',
    hours: (hours: string) => `${hours} GPU h`,
    would: (money: string, hours: string) => `would have ${money}, ${hours}`,
    observedStops: (stops: number) => `${stops} ${stops === 1 ? 'stop' : 'stops'} observed`,
    wrong: (count: number, of: number) => `${count} of ${of} judged wrong`,
    stops: (count: number, wrong: number) => `${count} ${count === 1 ? 'stop' : 'stops'}, ${wrong} wrong`,
    nothing: 'nothing',
    told: 'told',
    keptBack: 'held back: ',
    reload: 'Read the files again',
    reloaded: 'The files were read again and are in force.',
    good: 'The last reload is in force.',
    bad: 'The files cannot be used: what was in force goes on',
    mistakes: (count: number) => `${count} ${count === 1 ? 'mistake' : 'mistakes'}`,
    lastGood: 'These are the last good ones, from Redis.',
    heldTitle: 'A change is held until somebody says yes to it',
    heldWhy: 'It would newly allow:',
    more: (count: number) => `and ${count} more`,
    take: 'Take it',
    hint: 'Hint:',
    modes: { enforce: 'acts', observe: 'only watches' },
  },
  zh: {
    title: '策略',
    lead: '正在生效的策略，按判定的先后排列：两条策略对同一台实例要求相反时，上面的优先。',
    none: '没有生效的策略。',
    policy: '策略',
    mode: '方式',
    does: '做什么',
    matches: '涉及',
    instances: (count: number) => `${count} 台实例`,
    accounts: (count: number) => `${count} 个账号`,
    off: '已停用',
    day: '最近 24 小时',
    week: '最近 7 天',
    saved: '至今节省',
    hours: (hours: string) => `${hours} GPU 小时`,
    would: (money: string, hours: string) => `本会 ${money}，${hours}`,
    observedStops: (stops: number) => `观察到 ${stops} 次关机`,
    wrong: (count: number, of: number) => `已判定的 ${of} 次中 ${count} 次错误`,
    stops: (count: number, wrong: number) => `关机 ${count} 次，关错 ${wrong} 次`,
    nothing: '无',
    told: '已通知',
    keptBack: '被挡住：',
    reload: '重新读取文件',
    reloaded: '已重新读取，并已生效。',
    good: '最近一次重载已生效。',
    bad: '文件不能用：原来的策略继续生效',
    mistakes: (count: number) => `${count} 处错误`,
    lastGood: '这是 Redis 中保存的上一份可用策略。',
    heldTitle: '有改动在等人同意',
    heldWhy: '它会新允许：',
    more: (count: number) => `以及另外 ${count} 项`,
    take: '同意',
    hint: '提示：',
    modes: { enforce: '执行', observe: '只观察' },
  },
});

const REACH_SHOWN = 20;

/** The policies in force: what each is about now, what it did, and whether the files can be read. */
export function policiesPage(source: Pick<BoardSource, 'policies' | 'savings'>): Page {
  return {
    path: '/policies',
    nav: { en: WORDS.en.title, zh: WORDS.zh.title },
    key: 'p',
    scripts: ['plots.js'],
    styles: ['uplot.css', 'boards.css'],
    render: async (visit) => {
      const t = WORDS[visit.language];
      const [{ rows, reload }, report] = await Promise.all([source.policies(), source.savings(null)]);
      return {
        title: t.title,
        body: html`<h1>${t.title}</h1><p class="lead">${t.lead}</p>${visit.live.part('reload', reloadPanel(reload, visit))}
${rows.length === 0 ? html`<p class="dim">${t.none}</p>` : list(rows, visit)}
${savingsPanel(report, visit)}`,
      };
    },
  };
}

export function reloadActions(web: WebSource): readonly Action[] {
  const given = z.object({ acknowledge: z.string().max(64).optional() });
  return [
    action('/actions/reload', given, async ({ acknowledge }, _by, language) =>
      saidOf(await web.reload(acknowledge ?? null), WORDS[language].reloaded),
    ),
  ];
}

function list(rows: readonly PolicyRow[], visit: Visit): Html {
  const t = WORDS[visit.language];
  return table({
    id: 'policies',
    style: 'folds',
    caption: t.title,
    columns: [t.policy, t.mode, [t.does, 'wide'], t.matches, t.day, t.week, [t.saved, 'number']],
    rows: visit.live.list(
      'policies',
      rows.map((row) => {
        const id = idOf('p', row.facts.name);
        return { id, element: rowOf(id, row, visit) };
      }),
    ),
  });
}

function rowOf(id: string, row: PolicyRow, visit: Visit): Html {
  const { facts, day, week } = row;
  const t = WORDS[visit.language];
  return html`<tr id="${id}"${facts.enabled ? '' : html` class="quiet"`}><th scope="row"><a href="${linkTo.policy(facts.name)}">${shown(facts.name)}</a>${facts.description === '' ? '' : html`<small>${shown(facts.description)}</small>`}${placeOf(facts)}</th>${cell(t.mode, modeWord(facts, visit))}${cell(t.does, html`${facts.steps.map((step, i) => html`${i > 0 ? LIST_COMMA[visit.language] : ''}${stepInWords(wordless(step), visit)}`)}`, 'wide')}${cell(t.matches, about(row, visit), 'one-line')}${cell(t.day, tallyCell(day, visit))}${cell(t.week, tallyCell(week, visit))}${cell(t.saved, savedCell(row, visit), 'number')}</tr>`;
}

/** Without what is said to people, which may be long. */
function wordless(step: StepFacts): StepFacts {
  return step.kind === 'notify' ? { ...step, text: null } : step;
}

/** `enforce` or `observe`, in the reader's words. */
export function modeWord(facts: PolicyFacts, visit: Visit): Html {
  const t = WORDS[visit.language];
  if (!facts.enabled) return html`<span class="word" title="enabled: false">${t.off}</span>`;
  return html`<span class="word ${facts.mode === 'enforce' ? 'good' : 'busy'}" title="${facts.mode}">${t.modes[facts.mode]}</span>`;
}

/** How many instances, or accounts, it is about. */
export function about({ facts, matches }: PolicyRow, visit: Visit): string {
  const t = WORDS[visit.language];
  if (matches === null) return '–';
  return facts.scope === 'account' ? t.accounts(matches) : t.instances(matches);
}

export function placeOf({ place }: PolicyFacts): Html {
  return html`<small class="key">${shown(place.file)}:${place.line}</small>`;
}

/** Outcomes, and what was held back and why. */
export function tallyCell({ outcomes, told, refusals }: PolicyTally, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { language } = visit;
  const done = [...outcomes].filter(([, count]) => count > 0);
  const kept = [...refusals].filter(([reason, count]) => count > 0 && reason !== 'observe');
  if (done.length === 0 && kept.length === 0 && told === 0) return html`<span class="none">${t.nothing}</span>`;
  return html`${done.map(([outcome, count]) => html`<span class="tally ${outcome}"><b>${count}</b> ${wordIn(language, outcome)}</span> `)}${told === 0 ? '' : html`<span class="tally"><b>${told}</b> ${t.told}</span>`}${
    kept.length === 0
      ? ''
      : html`<small>${t.keptBack}${kept.map(([reason, count], i) => html`${i > 0 ? LIST_COMMA[language] : ''}${count} ${wordIn(language, reason)}`)}</small>`
  }`;
}

/** What it saved, and what it would have saved while it only watched. */
function savedCell({ saved, stops, observed }: PolicyRow, visit: Visit): Html {
  const t = WORDS[visit.language];
  const judged = observed.right + observed.wrong;
  return html`${saved.gpuSeconds === 0 && saved.fen === 0 ? (observed.stops > 0 ? '' : html`<span class="none">–</span>`) : html`<b>${yuan(saved.fen)}</b><small>${t.hours(gpuHours(saved.gpuSeconds))}</small>`}${
    stops.count === 0
      ? ''
      : html`<small${stops.wrong > 0 ? html` class="warn"` : ''}>${t.stops(stops.count, stops.wrong)}</small>`
  }${
    observed.stops === 0
      ? ''
      : html`<small>${t.would(yuan(observed.savedFen), t.hours(gpuHours(observed.savedGpuSeconds)))}</small><small${observed.wrong > 0 ? html` class="warn"` : ''}>${t.observedStops(observed.stops)}${judged > 0 ? html` · ${t.wrong(observed.wrong, judged)}` : ''}</small>`
  }`;
}

/** `#reload` is always there: whether the files on disk are what is in force, and every mistake in them. */
export function reloadPanel(reload: ReloadState, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { ok, at, detail, mistakes, held, fromLastGood } = reload;
  const button =
    visit.csrf === null
      ? ''
      : html`<form method="post" action="/actions/reload">${formFields(visit, visit.path)}<button>${t.reload}</button></form>`;
  const when = at === null ? '' : html` <small class="inline">${fromNow(at, visit)}</small>`;
  if (ok) {
    return html`<section id="reload" class="reload"><p class="good">✓ ${t.good}${when}</p>${button}</section>`;
  }
  if (held !== null) return heldPanel(held, visit, button, when);
  return html`<section id="reload" class="panel urgent" role="alert"><div class="reload"><h2>${t.bad}${mistakes.length === 0 ? '' : html` <span class="count">${t.mistakes(mistakes.length)}</span>`}${when}</h2>${button}</div>${fromLastGood ? html`<p>${t.lastGood}</p>` : ''}${
    mistakes.length === 0 ? html`<p>${shown(detail)}</p>` : mistakes.map((each) => mistake(each, visit))
  }</section>`;
}

/** A mistake as a terminal shows it, so that the place is the same in both. */
function mistake({ file, line, column, message, hint, excerpt }: FileMistake, visit: Visit): Html {
  const t = WORDS[visit.language];
  return html`<div class="mistake"><p><code>${shown(file)}:${line}:${column}</code> ${shown(message)}</p>${excerpt.length === 0 ? '' : html`<pre tabindex="0">${excerpt.join('\n')}</pre>`}${hint === null ? '' : html`<p class="dim">${t.hint} ${shown(hint)}</p>`}</div>`;
}

function heldPanel(
  { id, reach }: NonNullable<ReloadState['held']>,
  visit: Visit,
  button: Html | string,
  when: Html | string,
): Html {
  const t = WORDS[visit.language];
  const rest = reach.length - REACH_SHOWN;
  const take =
    visit.csrf === null
      ? ''
      : html`<form method="post" action="/actions/reload">${formFields(visit, visit.path)}<input type="hidden" name="acknowledge" value="${id}"><button class="danger">${t.take}</button></form>`;
  return html`<section id="reload" class="panel urgent" role="alert"><h2>${t.heldTitle}${when}</h2><p>${t.heldWhy}</p><ul>${reach
    .slice(0, REACH_SHOWN)
    .map(
      (each) => html`<li>${shown(each)}</li>`,
    )}</ul>${rest > 0 ? html`<p class="dim">${t.more(rest)}</p>` : ''}<div class="choices">${take}${button}</div></section>`;
}
