import { html } from 'hono/html';
import { reasonIn } from './board-words.ts';
import { comingList } from './coming.ts';
import { evidenceRows } from './evidence.ts';
import { fromNow, shown, time, toneOf, word, yuan } from './format.ts';
import { heldLine, holdForm } from './hold-form.ts';
import { idleSection } from './idle.ts';
import { catalogue } from './language.ts';
import type { ConsoleSource, FleetRow, InstanceBoard } from './source.ts';
import { told } from './told.ts';
import type { Html, Page, Visit } from './visit.ts';
import { WORDS as SHARED, wordIn } from './words.ts';

const WORDS = catalogue({
  en: {
    next: 'What happens next',
    idle: 'Is it idle?',
    hold: 'Hold',
    facts: 'What is known',
    policies: 'Policies that match it',
    operations: 'What was done to it',
    story: 'What was decided about it',
    nothingDone: 'Nothing was done yet.',
    noPolicy: 'No policy matches it as it is now.',
    nothingTold: 'Nothing yet.',
    status: 'Status',
    up: 'Up',
    for: 'for',
    machine: 'Machine',
    billing: 'Billing',
    expires: 'Paid until',
    cost: 'Costs an hour',
    today: 'today',
    labels: 'Labels',
    room: 'Room',
    created: 'Created',
    listed: 'Listed',
    saidAs: (raw: string) => `the cloud says “${raw}”`,
    protect: 'protected: nothing interrupts it',
    announced: (policy: string) => `Announced by ${policy}`,
    deadline: 'to be done at',
    owed: (policy: string) => `A start is owed by ${policy}:`,
    byHand: 'by hand',
    state: 'State',
    evidence: 'Evidence',
    observes: 'only observes',
  },
  zh: {
    next: '接下来会发生什么',
    idle: '它空闲吗？',
    hold: '保留',
    facts: '已知信息',
    policies: '匹配它的策略',
    operations: '对它做过什么',
    story: '关于它的决定',
    nothingDone: '还没有做过什么。',
    noPolicy: '现在没有策略匹配它。',
    nothingTold: '还没有。',
    status: '状态',
    up: '开机',
    for: '已',
    machine: '机型',
    billing: '计费',
    expires: '付费至',
    cost: '每小时费用',
    today: '今天',
    labels: '标签',
    room: '机房',
    created: '创建于',
    listed: '列表时间',
    saidAs: (raw: string) => `云平台称“${raw}”`,
    protect: '受保护：不会被中断',
    announced: (policy: string) => `${policy} 已预告`,
    deadline: '执行时间',
    owed: (policy: string) => `${policy} 欠它一次开机：`,
    byHand: '人工',
    state: '状态',
    evidence: '证据',
    observes: '仅观察',
  },
});

/** Where the page of an instance is. */
export function instancePath(row: Pick<FleetRow, 'account' | 'id'>): string {
  return `/instances/${encodeURIComponent(row.account)}/${encodeURIComponent(row.id)}`;
}

/** Everything known of one instance. */
export function instancePage(source: Pick<ConsoleSource, 'instance'>): Page {
  return {
    path: '/instances/:account/:id',
    nav: null,
    render: async (visit, params) => {
      const board = await source.instance(`${params.account}/${params.id}`);
      if (board === null) return null;
      const { row } = board;
      const t = WORDS[visit.language];
      const { live } = visit;
      return {
        title: shown(row.name === '' ? row.key : row.name),
        body: html`${live.part('head', head(board, visit))}
<div class="columns"><div>
${live.part('next', html`<section id="next" aria-labelledby="next-title"><h2 id="next-title">${t.next}</h2><div class="card">${waiting(board, visit)}${comingList(board.coming, visit, row.isForeseen)}</div></section>`)}
${live.part('idle', html`<section id="idle" aria-labelledby="idle-title"><h2 id="idle-title">${t.idle}</h2>${idleSection(board.idle, visit)}</section>`)}
${live.part('policies', policies(board, visit))}
</div><div>
<section aria-labelledby="hold-title"><h2 id="hold-title">${t.hold}</h2><div class="card">${live.part('held', html`<div id="held">${row.hold === null ? '' : heldLine(row.hold, visit)}</div>`)}${holdForm(visit, row.key)}</div></section>
${live.part('facts', facts(board, visit))}
</div></div>
${live.part('operations', operations(board, visit))}
${live.part('story', story(board, visit))}`,
      };
    },
  };
}

function head({ row, rawStatus }: InstanceBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  return html`<div id="head" class="head"><h1>${shown(row.name === '' ? row.id : row.name)}</h1><p>${word(row.status, visit.language, row.cardless ? (visit.language === 'zh' ? '·无卡' : ', cardless') : '')}${row.status === 'unknown' ? html` <small class="inline">${t.saidAs(shown(rawStatus))}</small>` : ''}${row.isProtected ? html` <span class="tag">${t.protect}</span>` : ''} <span class="key">${shown(row.key)}</span></p>${row.problems.map((problem) => html`<p class="bad">${told(problem, visit)}</p>`)}</div>`;
}

function waiting({ notices, obligations }: InstanceBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  return html`${notices.map(
    (notice) =>
      html`<p class="banner warn"><b>${t.announced(shown(notice.policy))}</b> ${time(Date.parse(notice.announcedAt), visit)} · ${t.deadline} ${time(Date.parse(notice.deadlineAt), visit)} <small class="inline">${fromNow(Date.parse(notice.deadlineAt), visit)}</small></p>`,
  )}${obligations.map(
    (each) => html`<p class="dim">${t.owed(shown(each.policy))} ${time(Date.parse(each.dueAt), visit)}</p>`,
  )}`;
}

function policies({ policies: stands }: InstanceBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const shared = SHARED[visit.language];
  const { language } = visit;
  if (stands.length === 0) {
    return html`<section id="policies"><h2>${t.policies}</h2><p class="dim">${t.noPolicy}</p></section>`;
  }
  return html`<section id="policies"><h2>${t.policies}</h2><div class="scroll"><table><caption class="hidden">${t.policies}</caption><thead><tr><th scope="col">${shared.policy}</th><th scope="col">${shared.action}</th><th scope="col">${shared.why}</th></tr></thead><tbody>${stands.map(
    (stand) =>
      html`<tr><th scope="row">${shown(stand.policy)}${stand.mode === 'observe' ? html` <span class="tag">${t.observes}</span>` : ''}<small class="key">${shown(stand.place)}</small></th><td>${wordIn(language, stand.action)}</td><td><span class="${toneOf(stand.reason)}" title="${stand.reason}">${wordIn(language, stand.reason)}</span><small>${told(stand.told, visit)}</small></td></tr>`,
  )}</tbody></table></div></section>`;
}

function facts({ row, upSince, createdAt, listedAt }: InstanceBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { language } = visit;
  const labels = Object.entries(row.labels);
  const fact = (name: string, value: Html | string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  const machine = `${shown(row.gpu)}${row.gpuCount !== null && row.gpuCount > 1 ? ` ×${row.gpuCount}` : ''}`;
  return html`<section id="facts"><h2>${t.facts}</h2><dl class="facts card">${fact(t.machine, machine === '' ? '–' : machine)}${fact(t.billing, wordIn(language, row.billing))}${fact(
    t.cost,
    html`${yuan(row.costFenPerHour)}${row.todayFen === null ? '' : html` <small class="inline">${t.today} ${yuan(row.todayFen)}</small>`}`,
  )}${row.expiresAt === null ? '' : fact(t.expires, html`${time(row.expiresAt, visit)} <small class="inline">${fromNow(row.expiresAt, visit)}</small>`)}${upSince === null ? '' : fact(t.up, html`${time(upSince, visit)} <small class="inline">${fromNow(upSince, visit)}</small>`)}${fact(t.status, html`${wordIn(language, row.status)} <small class="inline">${fromNow(row.statusSince, visit)}</small>`)}${labels.length === 0 ? '' : fact(t.labels, html`${labels.map(([name, value]) => html`<span class="tag">${shown(`${name}=${value}`)}</span> `)}`)}${row.room === '' ? '' : fact(t.room, shown(row.room))}${createdAt === null ? '' : fact(t.created, time(createdAt, visit))}</dl>${listedAt === null ? '' : html`<p class="dim"><small>${t.listed} ${fromNow(listedAt, visit)}</small></p>`}</section>`;
}

function operations({ operations: done }: InstanceBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const shared = SHARED[visit.language];
  const { language } = visit;
  if (done.length === 0)
    return html`<section id="operations"><h2>${t.operations}</h2><p class="dim">${t.nothingDone}</p></section>`;
  return html`<section id="operations"><h2>${t.operations}</h2><div class="scroll"><table><caption class="hidden">${t.operations}</caption><thead><tr><th scope="col">${shared.when}</th><th scope="col">${shared.action}</th><th scope="col">${t.state}</th><th scope="col">${shared.policy}</th><th scope="col">${t.evidence}</th></tr></thead><tbody>${done.map(
    (each) =>
      html`<tr><td>${time(Date.parse(each.createdAt), visit)}<small>${fromNow(Date.parse(each.createdAt), visit)}</small></td><td><a href="/operations/${encodeURIComponent(each.id)}">${wordIn(language, each.action)}</a>${each.costYuan === null ? '' : html`<small>¥${each.costYuan}</small>`}</td><td>${word(each.state, language)}<small>${told(each.told, visit)}</small></td><td>${each.policy === null ? t.byHand : shown(each.policy)}</td><td><small>${evidence(each.evidence, visit)}</small></td></tr>`,
  )}</tbody></table></div></section>`;
}

function evidence(facts: Readonly<Record<string, unknown>>, visit: Visit): Html {
  return html`${evidenceRows(facts, visit).map(([name, value], i) => html`${i === 0 ? '' : ' · '}${name} ${value}`)}`;
}

function story({ audit }: InstanceBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  if (audit.length === 0)
    return html`<section id="story"><h2>${t.story}</h2><p class="dim">${t.nothingTold}</p></section>`;
  return html`<section id="story"><h2>${t.story}</h2><ol class="story card">${audit.map(
    (each) =>
      html`<li><span class="at">${time(Date.parse(each.at), visit)}</span><span>${told(each.told, visit)} <small class="inline" title="${each.reason}">${reasonIn(visit.language, each.reason)}</small></span></li>`,
  )}</ol></section>`;
}
