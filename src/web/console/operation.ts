import { html } from 'hono/html';
import { z } from 'zod';
import { says } from '../../fleet/detail/detail.ts';
import { isTerminal, type Operation, type Transition } from '../../fleet/operation.ts';
import type { WebSource } from '../source.ts';
import { type Action, action, saidOf } from './action.ts';
import { facts, formFields, instanceCell, linkTo, reasonWord, stateWord, table } from './board-parts.ts';
import type { BoardSource, OperationBoard } from './board-source.ts';
import { ESCALATIONS } from './board-words.ts';
import { aftermathRow, evidenceRows } from './evidence.ts';
import { fromNow, fullTime, shown, time, word, yuan } from './format.ts';
import { catalogue } from './language.ts';
import { type Consequence, deed, whatApprovalDoes, whatClosingDoes } from './operation-words.ts';
import { asker } from './operations.ts';
import { told } from './told.ts';
import type { Html, Page, Visit } from './visit.ts';
import { wordIn } from './words.ts';

const WORDS = catalogue({
  en: {
    title: (action: string, name: string) => `${action} of ${name}`,
    all: 'All operations',
    state: 'State',
    why: 'Why',
    instance: 'Instance',
    account: 'Account',
    asked: 'Asked by',
    occurrence: 'Occasion',
    attempt: 'Attempt',
    others: 'Other attempts',
    cost: 'Cost',
    costUnknown: 'not known',
    order: 'Order at the cloud',
    created: 'Asked for',
    sent: 'Sent',
    takesEffect: 'Takes effect',
    nextLook: 'Looked at again',
    expiry: 'Paid until',
    wasThen: (was: string) => `${was} when it was asked for`,
    id: 'Id',
    decide: 'A person decides',
    approve: 'Approve one more request…',
    close: 'Close it…',
    approveTitle: 'What happens if you approve',
    closeTitle: 'What happens if you close it',
    approveNow: 'Approve: send one more request',
    closeNow: 'Close: send nothing more',
    back: 'Not now',
    reason: 'Reason',
    reasonHint: 'Stands in the audit, with your name',
    cannot: 'It cannot be approved now:',
    signIn: 'Approving and closing need the control token: sign in with it.',
    evidence: 'What it rested on',
    lastLook: 'The last look before it was sent',
    probe: 'Probe',
    says: 'Says',
    seen: 'Saw',
    transitions: 'What happened to it',
    at: 'When',
    became: 'Became',
    by: 'By',
    approved: (id: string) => `Approved. The next attempt is operation ${id}.`,
    closed: 'Closed. Nothing more is sent for it.',
    idleSince: 'idle since',
  },
  zh: {
    title: (action: string, name: string) => `${action} ${name}`,
    all: '全部操作',
    state: '状态',
    why: '原因',
    instance: '实例',
    account: '账号',
    asked: '提出者',
    occurrence: '场合',
    attempt: '第几次尝试',
    others: '其他尝试',
    cost: '费用',
    costUnknown: '未知',
    order: '云上订单',
    created: '提出于',
    sent: '发出于',
    takesEffect: '生效于',
    nextLook: '下次核实',
    expiry: '已付费至',
    wasThen: (was: string) => `提出时为 ${was}`,
    id: '编号',
    decide: '由人决定',
    approve: '批准再发一次…',
    close: '关闭…',
    approveTitle: '批准后会发生什么',
    closeTitle: '关闭后会发生什么',
    approveNow: '批准：再发一次请求',
    closeNow: '关闭：不再发任何请求',
    back: '暂不',
    reason: '原因',
    reasonHint: '会连同你的名字记入审计',
    cannot: '现在不能批准：',
    signIn: '批准和关闭需要控制令牌：请用它登录。',
    evidence: '依据',
    lastLook: '发出前最后一次查看',
    probe: '探针',
    says: '结论',
    seen: '所见',
    transitions: '经过',
    at: '时间',
    became: '变为',
    by: '由谁',
    approved: (id: string) => `已批准。下一次尝试是操作 ${id}。`,
    closed: '已关闭，不再为它发出任何请求。',
    idleSince: '空闲自',
  },
});

/** One operation: what became of it, on what it rests, who decided, and what a person may do about it. */
export function operationPage(source: Pick<BoardSource, 'operation'>): Page {
  return {
    path: '/operations/:id',
    nav: null,
    styles: ['boards.css'],
    render: async (visit, { id = '' }) => {
      const board = await source.operation(id);
      if (board === null) return null;
      const t = WORDS[visit.language];
      const { operation } = board;
      const name = shown(operation.instanceName === '' ? operation.instance : operation.instanceName);
      const title = t.title(wordIn(visit.language, operation.action), name);
      return {
        title,
        body: html`<p class="crumbs"><a href="/operations">${t.all}</a></p><h1>${title}</h1><p class="lead">${capital(deed(operation, visit))}</p>
${visit.live.part('decide', decide(board, visit))}
${visit.live.part('facts', html`<section id="facts" aria-label="${title}">${factsOf(board, visit)}</section>`)}
${visit.live.part('story', html`<section id="story" aria-labelledby="h-story"><h2 id="h-story">${t.transitions}</h2>${story(operation, visit)}</section>`)}
${evidence(operation, visit)}${lastLook(board, visit)}`,
      };
    },
  };
}

/** What a person can ask of an operation that waits for one. */
export function operationActions(web: WebSource): readonly Action[] {
  const given = z.object({ id: z.string().min(1).max(300), reason: z.string().trim().min(1).max(500) });
  const made = z.object({ id: z.string() });
  return [
    action('/actions/approve', given, async ({ id, reason }, by, language) => {
      const answer = await web.approve(id, by, reason);
      const next = answer.kind === 'done' ? made.safeParse(answer.value) : null;
      return saidOf(answer, WORDS[language].approved(next?.data?.id ?? id));
    }),
    action('/actions/close', given, async ({ id, reason }, by, language) =>
      saidOf(await web.close(id, by, reason), WORDS[language].closed),
    ),
  ];
}

/** `#decide` is always there, so that the page can be patched into having a question. */
function decide(board: OperationBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { operation, cannotApprove } = board;
  if (operation.state !== 'escalated') return html`<div id="decide"></div>`;
  const asks = visit.query.get('ask');
  const here = linkTo.operation(operation.id);
  const why = ESCALATIONS[visit.language][operation.reason];
  const choice =
    visit.csrf === null
      ? html`<p>${t.signIn}</p>`
      : asks === 'approve' && cannotApprove === null
        ? confirm(board, 'approve', visit)
        : asks === 'close'
          ? confirm(board, 'close', visit)
          : html`<p class="choices">${cannotApprove === null ? html`<a class="button danger" href="${here}?ask=approve">${t.approve}</a>` : ''}<a class="button" href="${here}?ask=close">${t.close}</a></p>`;
  return html`<div id="decide"><section class="panel urgent" aria-labelledby="h-decide"><h2 id="h-decide">${t.decide}</h2>${why === undefined ? '' : html`<p>${why}</p>`}${says(operation.detail) ? html`<p class="quote">${told(operation.detail, visit)}</p>` : ''}${cannotApprove === null ? '' : html`<p class="warn"><b>${t.cannot}</b> ${shown(cannotApprove)}</p>`}${choice}</section></div>`;
}

function confirm(board: OperationBoard, what: 'approve' | 'close', visit: Visit): Html {
  const t = WORDS[visit.language];
  const { id } = board.operation;
  const here = linkTo.operation(id);
  const isApproval = what === 'approve';
  const sentences = isApproval ? whatApprovalDoes(board, visit) : whatClosingDoes(board, visit);
  return html`<div class="confirm"><h3 id="h-confirm">${isApproval ? t.approveTitle : t.closeTitle}</h3><ul class="consequences">${sentences.map(consequence)}</ul>
<form method="post" action="/actions/${what}" aria-labelledby="h-confirm">${formFields(visit, here)}<input type="hidden" name="id" value="${id}">
<label>${t.reason}<input name="reason" required maxlength="500" autocomplete="off" aria-describedby="reason-hint"></label><small id="reason-hint">${t.reasonHint}</small>
<p class="choices"><button class="${isApproval ? 'danger' : 'primary'}">${isApproval ? t.approveNow : t.closeNow}</button><a class="button" href="${here}">${t.back}</a></p></form></div>`;
}

function consequence({ text, grave }: Consequence): Html {
  return grave ? html`<li class="grave"><b>${text}</b></li>` : html`<li>${text}</li>`;
}

function factsOf({ operation, instance, attempts }: OperationBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { state, reason, detail, observed, costFen, orderId, nextCheckAt, sendingAt, effectiveAt } = operation;
  const both = (at: number) => html`${fromNow(at, visit)} <small class="inline">${fullTime(at, visit)}</small>`;
  const expiresAt = instance?.expiresAt ?? observed.expiresAt;
  const hasMoved = instance !== null && observed.expiresAt !== null && instance.expiresAt !== observed.expiresAt;
  return facts([
    [t.state, stateWord(state, visit.language)],
    [
      t.why,
      html`${reasonWord(reason, visit.language)}${says(detail) ? html` <small class="inline">${told(detail, visit)}</small>` : ''}`,
    ],
    [t.instance, instanceCell(operation.instanceName, operation.instance)],
    [t.account, html`<a href="${linkTo.account(operation.account)}">${shown(operation.account)}</a>`],
    [t.asked, asker(operation, visit)],
    [t.occurrence, html`<code>${shown(operation.occurrence)}</code>`],
    [
      t.cost,
      costFen !== null
        ? yuan(costFen)
        : operation.call.kind === 'renew' || operation.call.kind === 'lengthen'
          ? t.costUnknown
          : null,
    ],
    [
      t.expiry,
      expiresAt === null
        ? null
        : html`${fullTime(expiresAt, visit)}${hasMoved ? html`<small>${t.wasThen(fullTime(observed.expiresAt ?? 0, visit))}</small>` : ''}`,
    ],
    [t.order, orderId === null ? null : html`<code>${shown(orderId)}</code>`],
    [t.created, both(operation.createdAt)],
    [t.sent, sendingAt === null ? null : both(sendingAt)],
    [t.takesEffect, effectiveAt === null ? null : both(effectiveAt)],
    [t.nextLook, nextCheckAt === null || isTerminal(state) ? null : fromNow(nextCheckAt, visit)],
    [
      t.others,
      attempts.length === 0
        ? null
        : html`${attempts.map((each) => html`<a href="${linkTo.operation(each.id)}">${each.attempt}</a> ${stateWord(each.state, visit.language)} `)}`,
    ],
    [t.attempt, operation.attempt > 1 || attempts.length > 0 ? String(operation.attempt) : null],
    [t.id, html`<code>${operation.id}</code>`],
  ]);
}

function story({ transitions }: Operation, visit: Visit): Html {
  const t = WORDS[visit.language];
  return table({
    caption: t.transitions,
    columns: [[t.at, 'when'], t.became, [t.why, 'wide'], t.by],
    rows: transitions.map((transition) => stepOf(transition, visit)),
  });
}

function stepOf({ at, to, reason, detail, by }: Transition, visit: Visit): Html {
  return html`<tr><td class="when">${fullTime(at, visit)}</td><td>${stateWord(to, visit.language)}</td><td class="wide">${reasonWord(reason, visit.language)}${says(detail) ? html`<small>${told(detail, visit)}</small>` : ''}</td><td>${shown(by)}</td></tr>`;
}

function evidence(operation: Operation, visit: Visit): Html | string {
  const t = WORDS[visit.language];
  const rows = [...evidenceRows(operation.evidence, visit), ...aftermathRow(operation, visit)];
  if (rows.length === 0) return '';
  return html`<section aria-labelledby="h-evidence"><h2 id="h-evidence">${t.evidence}</h2>${facts(rows)}</section>`;
}

function lastLook({ lastLook: look }: OperationBoard, visit: Visit): Html | string {
  const t = WORDS[visit.language];
  if (look === null) return '';
  return html`<section aria-labelledby="h-look"><h2 id="h-look">${t.lastLook}</h2><p>${time(look.at, visit)} · ${word(look.verdict, visit.language)}${look.since === null ? '' : html` · ${t.idleSince} ${time(look.since, visit)}`}</p>${table(
    {
      caption: t.lastLook,
      columns: [t.probe, t.says, [t.seen, 'wide'], [t.at, 'when']],
      rows: look.readings.map(
        ({ probe, verdict, evidence: saw, at }) =>
          html`<tr><th scope="row">${shown(probe)}</th><td>${word(verdict, visit.language)}</td><td class="wide">${told(saw, visit)}</td><td class="when">${time(at, visit)}</td></tr>`,
      ),
    },
  )}</section>`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
