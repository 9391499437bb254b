import { html } from 'hono/html';
import { says } from '../../fleet/detail/detail.ts';
import { OPERATION_STATES, type Operation, type OperationState, outcomeOf } from '../../fleet/operation.ts';
import { cell, instanceCell, linkTo, reasonWord, stateWord, table } from './board-parts.ts';
import type { BoardSource, OperationQuery } from './board-source.ts';
import { fromNow, idOf, shown, yuan } from './format.ts';
import { catalogue } from './language.ts';
import { told } from './told.ts';
import type { Html, Page, Visit } from './visit.ts';
import { wordIn } from './words.ts';

/** All that wait for a person are shown; there are as many as there are of a person's problems. */
const ESCALATED_SHOWN = 200;
const OPEN_SHOWN = 200;
const ENDED_SHOWN = 50;

const OPEN = OPERATION_STATES.filter((state) => outcomeOf(state) === null);
const ENDED = OPERATION_STATES.filter((state) => outcomeOf(state) !== null && state !== 'escalated');

const WORDS = catalogue({
  en: {
    title: 'Operations',
    lead: 'Everything that was asked of the clouds: once each, and followed until it is certain what became of it.',
    waits: 'Waits for a person',
    nothingWaits: 'Nothing waits for a person.',
    open: 'Under way',
    nothingOpen: 'Nothing is under way.',
    ended: 'Ended',
    nothingEnded: 'Nothing has ended yet.',
    none: 'No operation fits.',
    state: 'State',
    account: 'Account',
    policy: 'Policy',
    all: 'all',
    show: 'Show',
    clear: 'Clear',
    action: 'Action',
    instance: 'Instance',
    askedBy: 'Asked by',
    why: 'Why',
    changed: 'Changed',
    older: 'Older ones',
    newest: 'The newest',
    decide: 'Look and decide',
    byHand: 'by hand',
    counts: (count: number) => `${count}`,
  },
  zh: {
    title: '操作',
    lead: '向各云提出的每一个请求：只发一次，并一直追踪到结果确定为止。',
    waits: '等人处理',
    nothingWaits: '没有等人处理的操作。',
    open: '进行中',
    nothingOpen: '没有进行中的操作。',
    ended: '已结束',
    nothingEnded: '还没有已结束的操作。',
    none: '没有符合的操作。',
    state: '状态',
    account: '账号',
    policy: '策略',
    all: '全部',
    show: '筛选',
    clear: '清除',
    action: '动作',
    instance: '实例',
    askedBy: '提出者',
    why: '原因',
    changed: '最近变化',
    older: '更早的',
    newest: '最新的',
    decide: '查看并决定',
    byHand: '人工',
    counts: (count: number) => `${count}`,
  },
});

interface Asked {
  readonly state: OperationState | null;
  readonly account: string | null;
  readonly policy: string | null;
  readonly cursor: string | null;
}

/** The ledger: what waits for a person first, then what is under way, then what has ended. */
export function operationsPage(source: Pick<BoardSource, 'operations' | 'names'>): Page {
  return {
    path: '/operations',
    nav: { en: WORDS.en.title, zh: WORDS.zh.title },
    key: 'o',
    styles: ['boards.css'],
    render: async (visit) => {
      const t = WORDS[visit.language];
      const asked = readQuery(visit.query);
      const { state } = asked;
      const sections = await (state === null
        ? sectionsOf(source, asked, visit)
        : onlyState(source, asked, state, visit));
      return {
        title: t.title,
        body: html`<h1>${t.title}</h1><p class="lead">${t.lead}</p>${filters(asked, source.names(), visit)}${sections}`,
      };
    },
  };
}

function readQuery(query: URLSearchParams): Asked {
  const state = query.get('state');
  const text = (key: string) => {
    const value = query.get(key);
    return value === null || value === '' ? null : value;
  };
  const cursor = text('cursor');
  return {
    state: OPERATION_STATES.find((each) => each === state) ?? null,
    account: text('account'),
    policy: text('policy'),
    cursor: cursor !== null && /^\d{1,15}$/.test(cursor) ? cursor : null,
  };
}

type Lists = Pick<BoardSource, 'operations'>;

async function sectionsOf(source: Lists, asked: Asked, visit: Visit): Promise<Html> {
  const t = WORDS[visit.language];
  const { account, policy, cursor } = asked;
  const query = (states: OperationQuery['states'], limit: number, from: string | null = null) =>
    source.operations({ states, account, policy, cursor: from, limit });
  const [escalated, open, ended] = await Promise.all([
    query(['escalated'], ESCALATED_SHOWN),
    query(OPEN, OPEN_SHOWN),
    query(ENDED, ENDED_SHOWN, cursor),
  ]);
  const waiting = escalated.items;
  return html`${visit.live.part(
    'escalated',
    html`<section id="escalated" aria-labelledby="h-escalated"${waiting.length === 0 ? '' : html` class="urgent"`}><h2 id="h-escalated">${t.waits} <span class="count">${t.counts(waiting.length)}</span></h2>${
      waiting.length === 0
        ? html`<p class="dim">${t.nothingWaits}</p>`
        : html`<ul class="cards">${waiting.map((operation) => card(operation, visit))}</ul>`
    }</section>`,
  )}
${section('under-way', t.open, open.items, t.nothingOpen, visit)}
${section('ended', t.ended, ended.items, t.nothingEnded, visit)}${turn(asked, ended.next, visit)}`;
}

async function onlyState(source: Lists, asked: Asked, state: OperationState, visit: Visit): Promise<Html> {
  const t = WORDS[visit.language];
  const { account, policy, cursor } = asked;
  const { items, next } = await source.operations({ states: [state], account, policy, cursor, limit: ENDED_SHOWN });
  return html`${section('ended', wordIn(visit.language, state), items, t.none, visit)}${turn(asked, next, visit)}`;
}

/** What a person has to decide, with all that the list knows of it. */
function card(operation: Operation, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { id, instance, instanceName, action, reason, detail, updatedAt, costFen } = operation;
  const name = shown(instanceName === '' ? instance : instanceName);
  return html`<li class="card bad"><h3><a href="${linkTo.operation(id)}">${wordIn(visit.language, action)} · ${name}</a></h3><p>${reasonWord(reason, visit.language)}${says(detail) ? html` · ${told(detail, visit)}` : ''}</p><p class="dim">${asker(operation, visit)} · ${fromNow(updatedAt, visit)}${costFen === null ? '' : html` · ${yuan(costFen)}`} · <span class="key">${shown(instance)}</span></p><p><a class="button" href="${linkTo.operation(id)}">${t.decide}</a></p></li>`;
}

function section(id: string, name: string, operations: readonly Operation[], nothing: string, visit: Visit): Html {
  return visit.live.part(
    id,
    html`<section id="${id}" aria-labelledby="h-${id}"><h2 id="h-${id}">${name} <span class="count">${operations.length}</span></h2>${
      operations.length === 0 ? html`<p class="dim">${nothing}</p>` : operationTable(operations, name, visit)
    }</section>`,
  );
}

/** Operations in a table, as they stand. */
export function operationTable(operations: readonly Operation[], caption: string, visit: Visit): Html {
  const t = WORDS[visit.language];
  return table({
    caption,
    style: 'folds',
    columns: [t.state, t.action, t.instance, t.askedBy, [t.why, 'wide'], [t.changed, 'when']],
    rows: operations.map((operation) => operationRow(operation, visit)),
  });
}

function operationRow(operation: Operation, visit: Visit): Html {
  const { id, state, action, instance, instanceName, reason, detail, updatedAt, costFen } = operation;
  const { language } = visit;
  const t = WORDS[language];
  return html`<tr id="${idOf('o', id)}">${cell(t.state, stateWord(state, language))}<th scope="row"><a href="${linkTo.operation(id)}">${wordIn(language, action)}</a>${costFen === null ? '' : html`<small>${yuan(costFen)}</small>`}</th>${cell(t.instance, instanceCell(instanceName, instance))}${cell(t.askedBy, asker(operation, visit))}${cell(t.why, html`${reasonWord(reason, language)}${says(detail) ? html`<small>${told(detail, visit)}</small>` : ''}`, 'wide')}${cell(t.changed, fromNow(updatedAt, visit), 'when')}</tr>`;
}

/** The policy, or the person, that asked for it; both where a person applied or approved what a policy asks for. */
export function asker({ policy, by }: Operation, visit: Visit): Html {
  const person = by.startsWith('person ') ? html`<small>${shown(by.replace(/^person /, ''))}</small>` : '';
  if (policy !== null) return html`<a href="${linkTo.policy(policy)}">${shown(policy)}</a>${person}`;
  return html`${WORDS[visit.language].byHand}${person}`;
}

function filters(
  asked: Asked,
  names: { readonly accounts: readonly string[]; readonly policies: readonly string[] },
  visit: Visit,
): Html {
  const t = WORDS[visit.language];
  const options = (values: readonly string[], chosen: string | null, show: (value: string) => string) =>
    html`<option value="">${t.all}</option>${values.map((value) => html`<option value="${value}"${value === chosen ? html` selected` : ''}>${show(value)}</option>`)}`;
  const plain = (value: string) => shown(value);
  const isNarrow = asked.state !== null || asked.account !== null || asked.policy !== null;
  return html`<form class="filters" method="get" action="/operations" role="search" aria-label="${t.title}" data-filters>
<label>${t.state}<select name="state">${options(OPERATION_STATES, asked.state, (value) => wordIn(visit.language, value))}</select></label>
<label>${t.account}<select name="account">${options(names.accounts, asked.account, plain)}</select></label>
<label>${t.policy}<select name="policy">${options(names.policies, asked.policy, plain)}</select></label>
<button>${t.show}</button>${isNarrow ? html`<a class="button" href="/operations">${t.clear}</a>` : ''}</form>`;
}

/** To the page before or behind. */
function turn(asked: Asked, next: string | null, visit: Visit): Html | string {
  const t = WORDS[visit.language];
  if (next === null && asked.cursor === null) return '';
  const to = (cursor: string | null) => {
    const query = new URLSearchParams(visit.query);
    if (cursor === null) query.delete('cursor');
    else query.set('cursor', cursor);
    return query.size === 0 ? '/operations' : `/operations?${query.toString()}`;
  };
  return html`<p class="turn">${asked.cursor === null ? '' : html`<a class="button" href="${to(null)}">${t.newest}</a>`}${next === null ? '' : html`<a class="button" href="${to(next)}">${t.older}</a>`}</p>`;
}
