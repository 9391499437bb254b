import { html } from 'hono/html';
import { chip, terms, when } from './coming.ts';
import { type FleetQuery, fleetQuery, type SortKey, select, sortLink } from './fleet-query.ts';
import { fromNow, idOf, shown, time, word, yuan } from './format.ts';
import { catalogue } from './language.ts';
import type { ConsoleSource, Fleet, FleetRow } from './source.ts';
import { told } from './told.ts';
import type { Html, Page, Visit } from './visit.ts';
import { WORDS as SHARED, wordIn } from './words.ts';

const WORDS = catalogue({
  en: {
    title: 'Fleet',
    caption: 'Every instance as last listed: what it does, what it costs, and what happens to it next',
    search: 'Search name, id, GPU, label',
    all: 'all',
    status: 'Status',
    verdict: 'Activity',
    account: 'Account',
    show: 'Show',
    reset: 'Clear',
    activity: 'Activity',
    cost: 'Cost an hour',
    today: 'today',
    expires: 'Expires',
    next: 'What happens next',
    instances: 'instances',
    running: 'running',
    idle: 'idle',
    held: 'held',
    costNow: 'an hour now',
    costToday: 'today so far',
    acting: 'in the next hour',
    shown: (count: number, all: number) => (count === all ? `${all} instances` : `${count} of ${all} instances`),
    nothing: 'No instance fits.',
    nothingYet: 'Nothing has been listed yet. An account is read within a minute of the start.',
    since: 'since',
    heldBy: (owner: string) => `held by ${owner}`,
    until: 'until',
    protect: 'protected',
    nothingNext: 'nothing within 24 hours',
    notYet: 'being worked out…',
    unread: (name: string) => `${name} cannot be read`,
    lastRead: 'as listed',
    neverRead: 'it has never been listed',
    unpriced: (count: number) => `${count} without a price`,
  },
  zh: {
    title: '机群',
    caption: '上次列表中的每台实例：在做什么、花多少、接下来会发生什么',
    search: '搜索名称、ID、GPU、标签',
    all: '全部',
    status: '状态',
    verdict: '活动',
    account: '账号',
    show: '筛选',
    reset: '清除',
    activity: '活动',
    cost: '每小时费用',
    today: '今天',
    expires: '到期',
    next: '接下来',
    instances: '台实例',
    running: '运行中',
    idle: '空闲',
    held: '被保留',
    costNow: '现在每小时',
    costToday: '今天至今',
    acting: '一小时内有动作',
    shown: (count: number, all: number) => (count === all ? `共 ${all} 台` : `${all} 台中的 ${count} 台`),
    nothing: '没有符合的实例。',
    nothingYet: '还没有任何列表。启动后一分钟内会读取各账号。',
    since: '自',
    heldBy: (owner: string) => `${owner} 保留`,
    until: '至',
    protect: '受保护',
    nothingNext: '24 小时内无动作',
    notYet: '正在计算…',
    unread: (name: string) => `${name} 读取失败`,
    lastRead: '列表时间',
    neverRead: '从未取得列表',
    unpriced: (count: number) => `${count} 台无价格`,
  },
});

const HOUR_MS = 3_600_000;

/** What runs, what it costs, and what happens to it next. */
export function fleetPage(source: Pick<ConsoleSource, 'fleet'>): Page {
  return {
    path: '/',
    nav: { en: WORDS.en.title, zh: WORDS.zh.title },
    key: 'f',
    render: async (visit) => {
      const fleet = await source.fleet();
      const query = fleetQuery(visit.query);
      const rows = select(fleet.rows, query);
      const t = WORDS[visit.language];
      return {
        title: t.title,
        body: html`<h1 class="hidden">${t.title}</h1>
${visit.live.part('totals', totals(fleet, visit))}
${visit.live.part('unread', unread(fleet, visit))}
${filters(fleet, query, visit)}
<div class="scroll"><table class="fleet" id="fleet"><caption class="hidden">${t.caption}</caption>
<thead><tr>${head(visit, query)}</tr></thead>
<tbody id="rows" data-rows>${visit.live.list(
          'rows',
          rows.map((row) => {
            const id = idOf('i', row.key);
            return { id, element: rowOf(id, row, visit) };
          }),
        )}</tbody></table></div>
${visit.live.part('shown', html`<p id="shown" class="dim">${fleet.rows.length === 0 ? t.nothingYet : rows.length === 0 ? t.nothing : t.shown(rows.length, fleet.rows.length)}</p>`)}`,
      };
    },
  };
}

function totals({ rows }: Fleet, visit: Visit): Html {
  const t = WORDS[visit.language];
  const count = (is: (row: FleetRow) => boolean) => rows.reduce((sum, row) => sum + (is(row) ? 1 : 0), 0);
  const sum = (fen: (row: FleetRow) => number | null) => rows.reduce((total, row) => total + (fen(row) ?? 0), 0);
  const unpriced = count((row) => row.costFenPerHour === null);
  const soon = count(
    ({ next }) => next !== null && (next.kind === 'act' || next.kind === 'announce') && next.at - visit.now < HOUR_MS,
  );
  const tile = (number: string, name: string, href: string | null, tone = '', more = '') => {
    const inner = html`<b class="${tone}">${number}</b><span>${name}</span>${more === '' ? '' : html`<small>${more}</small>`}`;
    return href === null ? html`<li>${inner}</li>` : html`<li><a href="${href}">${inner}</a></li>`;
  };
  return html`<ul id="totals" class="tiles">${tile(String(rows.length), t.instances, '/')}${tile(String(count((row) => row.status === 'running')), t.running, '/?status=running', 'good')}${tile(String(count((row) => row.activity?.verdict === 'idle')), t.idle, '/?activity=idle', 'warn')}${tile(String(count((row) => row.hold !== null)), t.held, '/?show=held')}${tile(String(soon), t.acting, '/?sort=next')}${tile(
    yuan(sum((row) => row.costFenPerHour)),
    t.costNow,
    '/?sort=-cost',
    'money',
    unpriced > 0 ? t.unpriced(unpriced) : '',
  )}${tile(yuan(sum((row) => row.todayFen)), t.costToday, null, 'money')}</ul>`;
}

/** What is shown of an account that cannot be read is old, and nothing that interrupts is done there. */
function unread({ accounts }: Fleet, visit: Visit): Html {
  const t = WORDS[visit.language];
  const failing = accounts.filter(({ ok, detail }) => !ok && detail !== '');
  return html`<div id="unread">${failing.map(
    ({ name, detail, listedAt }) =>
      html`<p class="banner warn"><b>${t.unread(name)}</b> ${shown(detail)} · ${listedAt === null ? t.neverRead : html`${t.lastRead} ${fromNow(listedAt, visit)}`}</p>`,
  )}</div>`;
}

function filters(fleet: Fleet, query: FleetQuery, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { language } = visit;
  const options = (values: readonly string[], chosen: string, show: (value: string) => string) =>
    html`<option value="">${t.all}</option>${values.map((value) => html`<option value="${value}"${value === chosen ? html` selected` : ''}>${show(value)}</option>`)}`;
  const present = (of: (row: FleetRow) => string) => [...new Set(fleet.rows.map(of))].sort();
  return html`<form class="filters" method="get" action="/" role="search" data-filters>
<label class="grow"><span class="hidden">${t.search}</span><input type="search" name="q" value="${query.text}" placeholder="${t.search}" data-search autocomplete="off"></label>
<label>${t.account}<select name="account">${options(
    fleet.accounts.map(({ name }) => name),
    query.account,
    (value) => value,
  )}</select></label>
<label>${t.status}<select name="status">${options(
    present((row) => row.status),
    query.status,
    (value) => wordIn(language, value),
  )}</select></label>
<label>${t.verdict}<select name="activity">${options(['active', 'idle', 'unknown', 'not-applicable'], query.activity, (value) => wordIn(language, value))}</select></label>
${query.sort === '' ? '' : html`<input type="hidden" name="sort" value="${query.sort}">`}${query.show === '' ? '' : html`<input type="hidden" name="show" value="${query.show}">`}
<button>${t.show}</button>${query.isNarrow ? html`<a class="button" href="/">${t.reset}</a>` : ''}</form>`;
}

function head(visit: Visit, query: FleetQuery): readonly Html[] {
  const t = WORDS[visit.language];
  const columns: readonly (readonly [SortKey, string, string])[] = [
    ['name', SHARED[visit.language].instance, ''],
    ['status', t.status, ''],
    ['activity', t.activity, ''],
    ['cost', t.cost, 'number'],
    ['expires', t.expires, ''],
    ['next', t.next, 'wide'],
  ];
  return columns.map(([key, name, style]) => {
    const direction = query.sort === key ? 'ascending' : query.sort === `-${key}` ? 'descending' : null;
    const sorted = direction === null ? '' : html` aria-sort="${direction}"`;
    return html`<th scope="col" class="${style}"${sorted}><a href="${sortLink(visit.query, key, query.sort)}">${name}</a></th>`;
  });
}

function rowOf(id: string, row: FleetRow, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { language } = visit;
  const [account, rest] = [encodeURIComponent(row.account), encodeURIComponent(row.id)];
  const machine = [
    row.gpu,
    row.gpuCount !== null && row.gpuCount > 1 ? `×${row.gpuCount}` : '',
    wordIn(language, row.billing),
  ];
  return html`<tr id="${id}"${row.status === 'running' ? '' : html` class="quiet"`}><th scope="row"><a href="/instances/${account}/${rest}">${shown(row.name === '' ? row.id : row.name)}</a>${row.isProtected ? html` <span class="tag">${t.protect}</span>` : ''}<small class="key">${shown(row.key)}</small></th><td>${word(row.status, language, row.cardless ? (language === 'zh' ? '·无卡' : ', cardless') : '')}<small>${shown(machine.filter((text) => text !== '').join(' '))}</small>${row.problems.map((problem) => html`<small class="bad">${told(problem, visit)}</small>`)}</td><td>${activity(row, visit)}</td><td class="number">${row.costFenPerHour === 0 ? html`<span class="none">–</span>` : row.costFenPerHour === null ? html`<span class="none" title="${t.unpriced(1)}">–</span>` : yuan(row.costFenPerHour)}${(row.todayFen ?? 0) > 0 ? html`<small>${t.today} ${yuan(row.todayFen)}</small>` : ''}</td><td>${time(row.expiresAt, visit)}${row.expiresAt === null ? '' : html`<small>${fromNow(row.expiresAt, visit)}</small>`}</td><td class="wide">${next(row, visit)}</td></tr>`;
}

function activity({ activity }: FleetRow, visit: Visit): Html {
  const t = WORDS[visit.language];
  if (activity === null || activity.verdict === 'not-applicable') return html`<span class="none">–</span>`;
  return html`${word(activity.verdict, visit.language)}${activity.since === null ? '' : html`<small>${t.since} ${fromNow(activity.since, visit)}</small>`}${activity.why === null ? '' : html`<small>${told(activity.why, visit)}</small>`}`;
}

function next({ next, hold, isForeseen }: FleetRow, visit: Visit): Html {
  const t = WORDS[visit.language];
  const held =
    hold === null
      ? ''
      : html`<small class="hold">${t.heldBy(shown(hold.owner))} ${t.until} ${time(hold.until, visit)} · ${shown(hold.reason)}</small>`;
  if (next === null)
    return html`${held === '' ? html`<span class="none">${isForeseen ? t.nothingNext : t.notYet}</span>` : held}`;
  return html`<span class="next">${when(next, visit)} ${chip(next, visit)} <small class="inline">${next.isNow ? '' : html`${fromNow(next.at, visit)} · `}${terms(next, visit.language)}</small></span>${held}`;
}
