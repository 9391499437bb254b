import { html } from 'hono/html';
import { z } from 'zod';
import type { ListQuery, WebSource } from './source.ts';

const INSTANCES_SHOWN = 200;
const OPERATIONS_SHOWN = 25;

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
});
const OPERATION = z.object({
  updatedAt: TEXT,
  instance: TEXT,
  instanceName: TEXT,
  action: TEXT,
  policy: TEXT.nullable(),
  state: TEXT,
  reason: TEXT,
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

function query(limit: number): ListQuery {
  return { cursor: null, limit, filters: {} };
}

/** "2026-11-21T23:00:00Z" → "2026-11-21 23:00:00 UTC". */
function moment(at: string): string {
  return at.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}

function tone(state: string): string {
  if (state === 'confirmed' || state === 'running' || state === 'active') return 'good';
  if (state === 'escalated' || state === 'rejected' || state === 'unknown') return 'bad';
  return '';
}

function runway(seconds: number | null): string {
  if (seconds === null) return '–';
  return seconds >= 172_800 ? `${Math.floor(seconds / 86_400)} d` : `${Math.floor(seconds / 3600)} h`;
}

/** The page at `/`: accounts, what was done lately, and the fleet, as last seen. It reads; it changes nothing. */
export async function statusPage(source: WebSource) {
  const [instances, operations, accounts, readiness] = await Promise.all([
    source.instances(query(INSTANCES_SHOWN)),
    source.operations(query(OPERATIONS_SHOWN)),
    source.accounts(query(100)),
    source.ready(),
  ]);
  const fleet = z.array(INSTANCE).parse(instances.items);
  const done = z.array(OPERATION).parse(operations.items);
  const money = z.array(ACCOUNT).parse(accounts.items);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta http-equiv="refresh" content="5"><meta name="viewport" content="width=device-width">
<title>Lamplighter</title><link rel="stylesheet" href="/style.css">
</head>
<body>
<h1>Lamplighter</h1>
<p class="${readiness.ready ? 'good' : 'bad'}">${readiness.ready ? 'ready' : 'not ready'}</p>
<nav><a href="/metrics">metrics</a><a href="/readyz">readiness</a><a href="/api/v1/plan">plan</a><a href="/api/v1/policies">policies</a><a href="/api/v1/operations">operations</a></nav>
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
    html`<tr><td>${moment(row.updatedAt)}</td><td>${row.instanceName} <span class="dim">${row.instance}</span></td><td>${row.action}</td><td>${row.policy ?? 'by hand'}</td><td class="${tone(row.state)}">${row.state}</td><td>${row.reason}</td></tr>`,
)}
</tbody></table>
<h2>Fleet</h2>
<table><thead><tr><th>instance</th><th>status</th><th>activity</th><th>billing</th><th>expires</th><th>GPU</th></tr></thead><tbody>
${fleet.map(
  (row) =>
    html`<tr><td>${row.name} <span class="dim">${row.key}</span></td><td class="${tone(row.status)}">${row.status}${row.cardless ? ' (cardless)' : ''}</td><td>${row.activity === null ? '–' : row.activity.verdict}${row.activity?.since ? html` <span class="dim">since ${moment(row.activity.since)}</span>` : ''}</td><td>${row.billing}</td><td>${row.expiresAt === null ? '–' : moment(row.expiresAt)}</td><td>${row.gpu}</td></tr>`,
)}
</tbody></table>
${instances.next === null ? '' : html`<p class="dim">Only the first ${INSTANCES_SHOWN} are shown.</p>`}
</body></html>`;
}
