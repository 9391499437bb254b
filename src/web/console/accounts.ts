import { html } from 'hono/html';
import { cell, linkTo, sparkLine, table, withCommand } from './board-parts.ts';
import type { AccountBoard, BoardSource, MoneyPoint } from './board-source.ts';
import { FREEZES } from './board-words.ts';
import { fromNow, idOf, shown, span, time, yuan } from './format.ts';
import { catalogue, LIST_COMMA } from './language.ts';
import type { Html, Page, Visit } from './visit.ts';

const WORDS = catalogue({
  en: {
    title: 'Accounts',
    lead: 'Money, limits, and what keeps an account from acting.',
    none: 'No account is configured.',
    account: 'Account',
    state: 'State',
    instances: 'Instances',
    running: (count: number) => `${count} running`,
    balance: 'Balance',
    cards: (money: string) => `and ${money} in cards`,
    trend: 'Last 3 days',
    trendOf: (name: string) => `Balance of ${name} over the last 3 days`,
    burn: 'Burns an hour',
    noPrice: (products: string) => `prices lacks ${products}`,
    runway: 'Lasts for',
    endless: 'no end',
    stale: 'the balance was read too long ago',
    band: (low: string, high: string) => `from ${low} to ${high}`,
    bandHelp: 'If nothing is stopped and all is renewed; and if policies can stop all that they may',
    today: 'Paid today',
    calls: (count: number, limit: number | null) =>
      limit === null ? `${count} ${count === 1 ? 'request' : 'requests'}` : `${count} of ${limit} requests`,
    money: (spent: string, limit: string) => `${spent} of ${limit}`,
    noLimit: 'no spend limit: nothing is paid',
    ok: 'read',
    fails: (count: number) => `fails, ${count} in a row`,
    unread: 'not read yet',
    incomplete: 'the last listing is incomplete',
    shrunken: 'the last listing shrank too much to be believed',
    breakers: {
      all: 'Breaker: nothing is tried',
      paid: 'Breaker: nothing is paid',
    },
    ends: 'until',
    frozen: (cls: string) => `Frozen: ${cls} work`,
    escalated: (count: number) =>
      count === 1 ? '1 operation waits for a person' : `${count} operations wait for a person`,
    unclear: (count: number) =>
      `${count} unclear ${count === 1 ? 'answer' : 'answers'} to paid requests within the last hour; the third opens the breaker`,
    classes: { paid: 'paid', destructive: 'destructive', reversible: 'reversible' },
  },
  zh: {
    title: '账号',
    lead: '余额、限额，以及什么让账号不能动作。',
    none: '没有配置账号。',
    account: '账号',
    state: '状态',
    instances: '实例',
    running: (count: number) => `${count} 台运行中`,
    balance: '余额',
    cards: (money: string) => `另有算力卡 ${money}`,
    trend: '最近 3 天',
    trendOf: (name: string) => `${name} 最近 3 天的余额`,
    burn: '每小时消耗',
    noPrice: (products: string) => `prices 缺 ${products}`,
    runway: '还能撑',
    endless: '用不完',
    stale: '余额太久没有读到',
    band: (low: string, high: string) => `${low} 到 ${high}`,
    bandHelp: '什么都不关、全部续费；以及策略能关的都关',
    today: '今天付款',
    calls: (count: number, limit: number | null) =>
      limit === null ? `${count} 次请求` : `${limit} 次中的 ${count} 次`,
    money: (spent: string, limit: string) => `${limit} 中的 ${spent}`,
    noLimit: '没有花费限额：不付任何款',
    ok: '可读',
    fails: (count: number) => `读取失败，连续 ${count} 次`,
    unread: '还没读过',
    incomplete: '最近一次列表不完整',
    shrunken: '最近一次列表骤减，不可信',
    breakers: { all: '熔断：什么都不做', paid: '熔断：不付款' },
    ends: '至',
    frozen: (cls: string) => `冻结：${cls}操作`,
    escalated: (count: number) => `${count} 个操作等人处理`,
    unclear: (count: number) => `最近一小时有 ${count} 次付费请求的回答不明；第三次就会熔断`,
    classes: { paid: '付费', destructive: '破坏性', reversible: '可逆' },
  },
});

/** The accounts: what they have, what they burn, and what keeps them from acting. */
export function accountsPage(source: Pick<BoardSource, 'accounts' | 'money'>): Page {
  return {
    path: '/accounts',
    nav: { en: WORDS.en.title, zh: WORDS.zh.title },
    key: 'a',
    styles: ['boards.css'],
    render: async (visit) => {
      const t = WORDS[visit.language];
      const boards = await source.accounts();
      const money = await Promise.all(boards.map(({ name }) => source.money(name, '3d')));
      const rows = boards.map((board, i) => {
        const id = idOf('a', board.name);
        return { id, element: rowOf(id, board, money[i] ?? [], visit) };
      });
      return {
        title: t.title,
        body: html`<h1>${t.title}</h1><p class="lead">${t.lead}</p>${
          boards.length === 0
            ? html`<p class="dim">${t.none}</p>`
            : table({
                id: 'accounts',
                style: 'folds',
                caption: t.title,
                columns: [
                  t.account,
                  t.state,
                  t.instances,
                  [t.balance, 'number'],
                  t.trend,
                  [t.burn, 'number'],
                  [t.runway, 'number'],
                  t.today,
                ],
                rows: visit.live.list('accounts', rows),
              })
        }`,
      };
    },
  };
}

function rowOf(id: string, board: AccountBoard, money: readonly MoneyPoint[], visit: Visit): Html {
  const t = WORDS[visit.language];
  const { name, instances, running } = board;
  const none = html`<span class="none">–</span>`;
  const trend = sparkLine(
    money.map(({ balanceFen }) => balanceFen),
    t.trendOf(name),
  );
  return html`<tr id="${id}"><th scope="row"><a href="${linkTo.account(name)}">${shown(name)}</a><small>${board.provider}</small></th>${cell(t.state, html`${stateOf(board, visit)}${blockersOf(board, visit).map((blocker) => html`<small class="${blocker.tone}">${blocker.what}</small>`)}`)}${cell(t.instances, instances === null ? none : html`${instances}<small>${t.running(running ?? 0)}</small>`)}${cell(t.balance, balance(board, visit), 'number')}${cell(t.trend, trend === '' ? none : trend)}${cell(t.burn, burn(board, visit), 'number')}${cell(t.runway, runway(board, visit), 'number')}${cell(t.today, spent(board, visit))}</tr>`;
}

/** Can it be read, and is what was read the whole of it? */
export function stateOf({ ok, failures, triedAt, okAt, listing, detail }: AccountBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  if (triedAt === null) return html`<span class="word">${t.unread}</span>`;
  if (!ok) {
    return html`<span class="word bad">${t.fails(failures)}</span><small>${shown(detail)}</small>${okAt === null ? '' : html`<small>${t.ok} ${fromNow(okAt, visit)}</small>`}`;
  }
  const odd = listing === 'incomplete' ? t.incomplete : listing === 'shrunken' ? t.shrunken : '';
  return html`<span class="word ${odd === '' ? 'good' : 'warn'}">${t.ok}</span> <small class="inline">${fromNow(okAt, visit)}</small>${odd === '' ? '' : html`<small class="warn">${odd}</small>`}`;
}

export function balance({ balanceFen, cardsFen }: AccountBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  if (balanceFen === null) return html`<span class="none">–</span>`;
  return html`<b>${yuan(balanceFen)}</b>${(cardsFen ?? 0) > 0 ? html`<small>${t.cards(yuan(cardsFen))}</small>` : ''}`;
}

/** Without one price too small a burn would promise too long a runway, so that none is told; but which one is. */
export function burn({ burnFenPerHour, unpriced }: AccountBoard, visit: Visit): Html {
  if (burnFenPerHour !== null) return html`${yuan(burnFenPerHour)}`;
  return html`<span class="none">–</span>${missing(unpriced, visit)}`;
}

function missing(unpriced: readonly string[], visit: Visit): Html | '' {
  const { noPrice } = WORDS[visit.language];
  if (unpriced.length === 0) return '';
  return html`<small class="warn">${noPrice(unpriced.map(shown).join(LIST_COMMA[visit.language]))}</small>`;
}

/** What is expected, the bounds of it where they differ, and why it is not known. */
export function runway(board: AccountBoard, visit: Visit): Html {
  const { runwayMs, runwayPessimisticMs, runwayOptimisticMs, runwayUnknown } = board;
  const t = WORDS[visit.language];
  const text = (ms: number | null) => (ms === null ? t.endless : span(ms, visit.language));
  if (runwayUnknown === 'stale-balance') return html`<span class="none">–</span><small class="warn">${t.stale}</small>`;
  // Where the burn is known, what is to come is what has no price; else it is told beside the burn.
  if (runwayUnknown === 'no-burn' && board.burnFenPerHour !== null)
    return html`<span class="none">–</span>${missing(board.unpriced, visit)}`;
  if (runwayUnknown !== null || runwayPessimisticMs === null) return html`<span class="none">–</span>`;
  const [low, high] = [text(runwayPessimisticMs), text(runwayOptimisticMs)];
  return html`${text(runwayMs)}${low === high ? '' : html`<small title="${t.bandHelp}">${t.band(low, high)}</small>`}`;
}

/** What was paid today, of what may be. */
export function spent({ spend }: AccountBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { calls, callsLimit, fen, fenLimit } = spend;
  if (callsLimit === null && fenLimit === null) return html`<span class="dim">${t.noLimit}</span>`;
  const share = Math.max(callsLimit === null ? 0 : calls / callsLimit, fenLimit === null ? 0 : fen / fenLimit);
  const tone = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : '';
  return html`<span class="${tone}">${fenLimit === null ? t.calls(calls, callsLimit) : t.money(yuan(fen), yuan(fenLimit))}</span>${fenLimit === null ? '' : html`<small>${t.calls(calls, callsLimit)}</small>`}`;
}

/** Something that keeps the account from acting, or soon may, and what ends it. */
export interface Blocker {
  readonly tone: 'bad' | 'warn';
  readonly what: Html | string;
  readonly why: Html | string;
  readonly ends: Html | string;
}

export function blockersOf(board: AccountBoard, visit: Visit): readonly Blocker[] {
  const t = WORDS[visit.language];
  const freezes = Map.groupBy(board.freezes, ({ reason, detail }) => `${reason}\n${detail}`);
  return [
    ...board.breakers.map(
      ({ kind, until, why }): Blocker => ({
        tone: 'bad',
        what: t.breakers[kind],
        why: shown(why),
        ends: html`${t.ends} ${time(until, visit)}`,
      }),
    ),
    ...[...freezes.values()].flatMap((same): readonly Blocker[] => {
      const [first] = same;
      if (first === undefined) return [];
      const words = FREEZES[visit.language][first.reason];
      const classes = same.map((each) => t.classes[each.class]).join(LIST_COMMA[visit.language]);
      return [
        {
          tone: 'bad',
          what: t.frozen(classes),
          why: html`${words.why}${first.detail === '' ? '' : html` <small class="inline">${shown(first.detail)}</small>`}`,
          ends: withCommand(words.ends),
        },
      ];
    }),
    ...(board.unclear > 0 ? [{ tone: 'warn', what: t.unclear(board.unclear), why: '', ends: '' } as const] : []),
    ...(board.escalated > 0
      ? [
          {
            tone: 'warn',
            what: html`<a href="/operations?state=escalated&account=${encodeURIComponent(board.name)}">${t.escalated(board.escalated)}</a>`,
            why: '',
            ends: '',
          } as const,
        ]
      : []),
  ];
}
