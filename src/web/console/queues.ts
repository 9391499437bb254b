import { html } from 'hono/html';
import { cell, linkTo, sparkBars, table } from './board-parts.ts';
import type { BoardSource, QueueBoard } from './board-source.ts';
import { fromNow, idOf, shown, span } from './format.ts';
import { catalogue } from './language.ts';
import type { Html, Page, Visit } from './visit.ts';

/** A job at the head of a queue for so long is not being worked on. */
const STUCK_MS = 60_000;

const WORDS = catalogue({
  en: {
    title: 'Queues',
    lead: 'The doorbells: what is to be done stands in the ledger, so a job that is lost or rung twice does no harm. These are BullMQ’s own numbers.',
    queue: 'Queue',
    waiting: 'Waiting',
    oldest: 'oldest',
    active: 'At work',
    later: 'For later',
    retrying: (count: number) => `${count} to be tried again`,
    failed: 'Given up',
    kept: 'kept for a week',
    hour: 'Last hour',
    ended: (good: number, bad: number) => (bad === 0 ? `${good} done` : `${good} done, ${bad} given up`),
    bars: (name: string, good: number, bad: number) =>
      `${name} by the minute over the last hour: ${good} done, ${bad} given up`,
    failures: 'Last failures',
    noFailures: 'Nothing has been given up lately.',
    when: 'When',
    why: 'Why',
    noReason: 'broken off',
    about: 'About',
    tries: (count: number) => (count === 1 ? 'one try' : `${count} tries`),
    does: {
      poll: 'lists an account',
      observe: 'asks the probes of an account',
      evaluate: 'decides on an account',
      tick: 'tidies up',
      'act-reversible': 'stops, starts, restarts, saves images',
      'act-paid': 'renews, buys',
      'act-destructive': 'destroys, rebuilds',
      verify: 'looks whether it happened',
      notify: 'delivers messages',
    },
  },
  zh: {
    title: '队列',
    lead: '队列只是门铃：要做的事都记在账本里，所以任务丢失或重复都无妨。以下是 BullMQ 自己的数字。',
    queue: '队列',
    waiting: '等待',
    oldest: '最久',
    active: '进行中',
    later: '稍后',
    retrying: (count: number) => `${count} 个待重试`,
    failed: '已放弃',
    kept: '保留一周',
    hour: '最近一小时',
    ended: (good: number, bad: number) => (bad === 0 ? `完成 ${good}` : `完成 ${good}，放弃 ${bad}`),
    bars: (name: string, good: number, bad: number) => `${name} 最近一小时每分钟：完成 ${good}，放弃 ${bad}`,
    failures: '最近的失败',
    noFailures: '最近没有放弃的任务。',
    when: '时间',
    why: '原因',
    noReason: '被中断',
    about: '关于',
    tries: (count: number) => `试了 ${count} 次`,
    does: {
      poll: '读取账号列表',
      observe: '询问账号的探针',
      evaluate: '对账号做判定',
      tick: '整理',
      'act-reversible': '关机、开机、重启、存镜像',
      'act-paid': '续费、购买',
      'act-destructive': '销毁、重装',
      verify: '核实是否发生',
      notify: '发送通知',
    },
  },
});

/** Depth, age, throughput, failures and retries of every queue. */
export function queuesPage(source: Pick<BoardSource, 'queues'>): Page {
  return {
    path: '/queues',
    nav: { en: WORDS.en.title, zh: WORDS.zh.title },
    key: 'q',
    styles: ['boards.css'],
    render: async (visit) => {
      const t = WORDS[visit.language];
      const queues = await source.queues();
      return {
        title: t.title,
        body: html`<h1>${t.title}</h1><p class="lead">${t.lead}</p>${table({
          id: 'queues',
          style: 'folds',
          caption: t.title,
          columns: [
            t.queue,
            [t.waiting, 'number'],
            [t.active, 'number'],
            [t.later, 'number'],
            [t.failed, 'number'],
            t.hour,
          ],
          rows: visit.live.list(
            'queues',
            queues.map((queue) => {
              const id = idOf('q', queue.queue);
              return { id, element: rowOf(id, queue, visit) };
            }),
          ),
        })}${visit.live.part('failures', html`<section id="failures" aria-labelledby="h-failures"><h2 id="h-failures">${t.failures}</h2>${failures(queues, visit)}</section>`)}`,
      };
    },
  };
}

function rowOf(id: string, queue: QueueBoard, visit: Visit): Html {
  const t = WORDS[visit.language];
  const { waiting, active, delayed, retrying, failed, completed, gaveUp } = queue;
  const [good, bad] = [sum(completed), sum(gaveUp)];
  const does = new Map<string, string>(Object.entries(t.does)).get(queue.queue);
  return html`<tr id="${id}"><th scope="row"><code>${queue.queue}</code>${does === undefined ? '' : html`<small>${does}</small>`}</th>${cell(t.waiting, html`${count(waiting)}${oldest(queue, visit)}`, 'number')}${cell(t.active, count(active), 'number')}${cell(t.later, html`${count(delayed)}${retrying > 0 ? html`<small class="warn">${t.retrying(retrying)}</small>` : ''}`, 'number')}${cell(t.failed, failed > 0 ? html`<span class="bad">${failed}</span><small>${t.kept}</small>` : count(0), 'number')}${cell(t.hour, html`${sparkBars(completed, gaveUp, t.bars(queue.queue, good, bad))}<small>${t.ended(good, bad)}</small>`)}</tr>`;
}

/** By steps, so that a row does not change with every second. */
function oldest({ oldestMs }: QueueBoard, visit: Visit): Html | string {
  const t = WORDS[visit.language];
  if (oldestMs === null || oldestMs < STUCK_MS) return '';
  return html`<small class="bad">${t.oldest} ${span(oldestMs, visit.language)}</small>`;
}

function failures(queues: readonly QueueBoard[], visit: Visit): Html {
  const t = WORDS[visit.language];
  const all = queues.flatMap((queue) => queue.failures.map((failure) => ({ ...failure, queue: queue.queue })));
  if (all.length === 0) return html`<p class="good">✓ ${t.noFailures}</p>`;
  // Times of the real clock; the page's may be another, as in the demo.
  const sorted = all.sort((a, b) => (a.agoMs ?? Number.POSITIVE_INFINITY) - (b.agoMs ?? Number.POSITIVE_INFINITY));
  return table({
    caption: t.failures,
    columns: [[t.when, 'when'], t.queue, t.about, [t.why, 'wide']],
    rows: sorted.map(({ queue, agoMs, attempts, reason, about, jobId }) => {
      const { account, operations, notifier, event } = about;
      return html`<tr title="${jobId}"><td class="when">${agoMs === null ? '–' : fromNow(minute(visit.now - agoMs), visit)}</td><th scope="row"><code>${queue}</code></th><td>${account === null ? '' : html`<a href="${linkTo.account(account)}">${shown(account)}</a> `}${operations.map((id) => html`<a href="${linkTo.operation(id)}"><code>${id}</code></a> `)}${notifier === null ? '' : html`${shown(notifier)} `}${event === null ? '' : html`<code>${event}</code>`}</td><td class="wide">${reason === '' ? t.noReason : shown(reason)}<small>${t.tries(attempts)}</small></td></tr>`;
    }),
  });
}

/** What is worked out from the time of asking must not change with each asking. */
function minute(at: number): number {
  return Math.round(at / 60_000) * 60_000;
}

/** A nought says nothing, and stands back. */
function count(jobs: number): Html {
  return jobs === 0 ? html`<span class="none">0</span>` : html`${jobs}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}
