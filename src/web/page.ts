import { html } from 'hono/html';
import { z } from 'zod';
import type { ListQuery, Readiness, WebSource } from './source.ts';

const INSTANCES_SHOWN = 200;
const OPERATIONS_SHOWN = 25;
const ESCALATED_SHOWN = 25;
const ACCOUNTS_SHOWN = 100;
const REFUSALS_SHOWN = 10;
/** The page comes anew every few seconds, so a plan is made for it only where that is cheap. */
const PLANNED_INSTANCES = INSTANCES_SHOWN;

/** Text as it may be shown. Control and bidi characters could make a name look like another one. */
const TEXT = z.string().transform((text) => text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd'));

const INSTANCE = z.object({
  key: TEXT,
  name: TEXT,
  status: TEXT,
  cardless: z.boolean(),
  billing: TEXT,
  gpu: TEXT,
  expiresAt: TEXT.nullable(),
  activity: z.object({ verdict: TEXT, since: TEXT.nullable() }).nullable(),
  hold: z.object({ owner: TEXT, until: TEXT, reason: TEXT }).nullish(),
});
const OPERATION = z.object({
  updatedAt: TEXT,
  instance: TEXT,
  instanceName: TEXT,
  action: TEXT,
  policy: TEXT.nullable(),
  state: TEXT,
  reason: TEXT,
  id: TEXT.optional(),
  detail: TEXT.optional(),
});
const ACCOUNT = z.object({
  account: TEXT,
  provider: TEXT,
  instances: z.number().nullable(),
  balanceYuan: TEXT.nullable(),
  burnYuanPerHour: TEXT.nullable(),
  runwaySeconds: z.number().nullable(),
  ok: z.boolean(),
  detail: TEXT,
});

const PLAN_ROW = z.object({
  decision: TEXT,
  policy: TEXT,
  account: TEXT,
  instance: TEXT.nullable(),
  name: TEXT.nullable(),
  action: TEXT,
  reason: TEXT,
  detail: TEXT,
});

function query(limit: number, filters: ListQuery['filters'] = {}): ListQuery {
  return { cursor: null, limit, filters };
}

/** "2026-11-21T23:00:00Z" → "2026-11-21 23:00:00 UTC". */
function moment(at: string): string {
  return at.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}

/** Which colour a word of state, status or activity has; the rest are grey. */
const TONES: ReadonlyMap<string, string> = new Map([
  ...['confirmed', 'running', 'active'].map((word) => [word, 'good'] as const),
  ...['creating', 'starting', 'stopping', 'restarting', 'armed', 'sending', 'accepted', 'verifying'].map(
    (word) => [word, 'busy'] as const,
  ),
  ...['idle', 'uncertain'].map((word) => [word, 'warn'] as const),
  ...['escalated', 'rejected', 'unknown'].map((word) => [word, 'bad'] as const),
]);

function word(text: string, shown = text) {
  return html`<span class="word ${TONES.get(text) ?? ''}">${shown}</span>`;
}

function runway(seconds: number | null): string {
  if (seconds === null) return '–';
  return seconds >= 172_800 ? `${Math.floor(seconds / 86_400)} d` : `${Math.floor(seconds / 3600)} h`;
}

/** What the policies ask for now and something forbids. Empty where nobody has listed an account yet: a plan would do it. */
async function keptFromBeingDone(source: WebSource, accounts: readonly z.infer<typeof ACCOUNT>[], small: boolean) {
  const listed = accounts.reduce((sum, { instances }) => sum + (instances ?? 0), 0);
  if (!small || listed > PLANNED_INSTANCES || accounts.some(({ instances }) => instances === null)) return [];
  const plan = await source.plan(query(INSTANCES_SHOWN));
  return z
    .array(PLAN_ROW)
    .parse(plan.items)
    .filter(({ decision }) => decision === 'refuse');
}

/** The page at `/`: accounts, what was done lately, and the fleet, as last seen. It reads; it changes nothing. */
export async function statusPage(source: WebSource) {
  const readiness = await source.ready();
  // All that the page shows is in Redis; without it there is only this to say.
  if (readiness.checks.redis?.ok === false)
    return frame(readiness, html`<p class="dim">Nothing is known, and nothing is done, until Redis is back.</p>`);
  const [instances, operations, escalated, accounts] = await Promise.all([
    source.instances(query(INSTANCES_SHOWN)),
    source.operations(query(OPERATIONS_SHOWN)),
    source.operations(query(ESCALATED_SHOWN, { state: 'escalated' })),
    source.accounts(query(ACCOUNTS_SHOWN)),
  ]);
  const fleet = z.array(INSTANCE).parse(instances.items);
  const done = z.array(OPERATION).parse(operations.items);
  // Asked for by state, and looked at again: a source that does not filter must not make everything urgent.
  const waiting = z
    .array(OPERATION)
    .parse(escalated.items)
    .filter(({ state }) => state === 'escalated');
  const money = z.array(ACCOUNT).parse(accounts.items);
  const kept = await keptFromBeingDone(source, money, instances.next === null);
  const count = (is: (row: z.infer<typeof INSTANCE>) => boolean) => fleet.filter(is).length;
  const more = instances.next === null ? '' : '+';
  const tiles = [
    ['instances', `${fleet.length}${more}`, ''],
    ['running', `${count((row) => row.status === 'running')}${more}`, 'good'],
    ['idle', `${count((row) => row.activity?.verdict === 'idle')}${more}`, 'warn'],
    ['stopped', `${count((row) => row.status === 'stopped')}${more}`, ''],
    ['held', `${count((row) => (row.hold ?? null) !== null)}${more}`, ''],
    ['need a person', `${waiting.length}${escalated.next === null ? '' : '+'}`, waiting.length > 0 ? 'bad' : ''],
  ] as const;
  return frame(
    readiness,
    html`<section class="tiles">${tiles.map(([name, number, tone]) => html`<div class="tile"><b class="${tone}">${number}</b>${name}</div>`)}</section>
${
  waiting.length === 0
    ? ''
    : html`<h2>Waits for a person</h2>
<table class="urgent"><thead><tr><th>since</th><th>instance</th><th>action</th><th>reason</th><th>what is known</th><th>operation</th></tr></thead><tbody>
${waiting.map(
  (row) =>
    html`<tr><td class="when">${moment(row.updatedAt)}</td><td>${row.instanceName}<span class="key">${row.instance}</span></td><td>${row.action}</td><td>${row.reason}</td><td>${row.detail ?? ''}</td><td class="key">${row.id ?? ''}</td></tr>`,
)}
</tbody></table>`
}
${
  kept.length === 0
    ? ''
    : html`<h2>Due, and not done</h2>
<table><thead><tr><th>instance</th><th>action</th><th>asked by</th><th>reason</th><th>why</th></tr></thead><tbody>
${kept
  .slice(0, REFUSALS_SHOWN)
  .map(
    (row) =>
      html`<tr><td>${row.name ?? row.account}<span class="key">${row.instance ?? ''}</span></td><td>${row.action}</td><td>${row.policy}</td><td class="warn">${row.reason}</td><td>${row.detail}</td></tr>`,
  )}
</tbody></table>
${kept.length > REFUSALS_SHOWN ? html`<p class="dim">and ${kept.length - REFUSALS_SHOWN} more: see the plan</p>` : ''}`
}
<h2>Accounts</h2>
<table><thead><tr><th>account</th><th>cloud</th><th>instances</th><th>balance</th><th>burn per hour</th><th>runway</th><th>state</th></tr></thead><tbody>
${money.map(
  (row) =>
    html`<tr><td>${row.account}</td><td>${row.provider}</td><td>${row.instances ?? '–'}</td><td>${row.balanceYuan === null ? '–' : `¥${row.balanceYuan}`}</td><td>${row.burnYuanPerHour === null ? '–' : `¥${row.burnYuanPerHour}`}</td><td>${runway(row.runwaySeconds)}</td><td class="${row.ok ? '' : 'bad'}">${row.detail}</td></tr>`,
)}
</tbody></table>
<h2>What was done</h2>
<table><thead><tr><th>when</th><th>instance</th><th>action</th><th>asked by</th><th>state</th><th>reason</th></tr></thead><tbody>
${done.map(
  (row) =>
    html`<tr><td class="when">${moment(row.updatedAt)}</td><td>${row.instanceName}<span class="key">${row.instance}</span></td><td>${row.action}</td><td>${row.policy ?? 'by hand'}</td><td>${word(row.state)}</td><td>${row.reason}</td></tr>`,
)}
</tbody></table>
<h2>Fleet</h2>
<table><thead><tr><th>instance</th><th>status</th><th>activity</th><th>billing</th><th>expires</th><th>GPU</th></tr></thead><tbody>
${fleet.map(
  (row) =>
    html`<tr><td>${row.name}<span class="key">${row.key}</span>${row.hold ? html`<span class="key warn">held by ${row.hold.owner} until ${moment(row.hold.until)}: ${row.hold.reason}</span>` : ''}</td><td>${word(row.status, row.cardless ? `${row.status}, cardless` : row.status)}</td><td>${row.activity === null ? '–' : word(row.activity.verdict)}${row.activity?.since ? html`<span class="key">since ${moment(row.activity.since)}</span>` : ''}</td><td>${row.billing}</td><td>${row.expiresAt === null ? '–' : moment(row.expiresAt)}</td><td>${row.gpu}</td></tr>`,
)}
</tbody></table>
${instances.next === null ? '' : html`<p class="dim">Only the first ${INSTANCES_SHOWN} are shown.</p>`}
`,
  );
}

/** What is around every page: the head, whether the daemon is ready, and what is not as it should be. */
function frame(readiness: Readiness, content: ReturnType<typeof html>) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta http-equiv="refresh" content="5"><meta name="viewport" content="width=device-width">
<title>Lamplighter</title><link rel="stylesheet" href="/style.css">
</head>
<body>
<header><h1><span class="lamp"></span>Lamplighter</h1><p class="${readiness.ready ? 'good' : 'bad'}">${readiness.ready ? 'ready' : 'not ready'}</p>
<nav><a href="/api/v1/plan">plan</a><a href="/api/v1/policies">policies</a><a href="/api/v1/operations">operations</a><a href="/metrics">metrics</a><a href="/readyz">readiness</a></nav></header>
${Object.entries(readiness.checks)
  .filter(([, check]) => !check.ok)
  .map(([name, check]) => html`<p class="alarm">${name}: ${check.detail}</p>`)}
${content}
</body></html>`;
}
