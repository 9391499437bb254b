import type { Context } from 'hono';
import { html } from 'hono/html';
import { assertNever } from '../../fleet/assert-never.ts';
import type { WebEnv } from '../own-host.ts';
import type { Done, WebSource } from '../source.ts';
import { formDataOf } from './action.ts';
import { comingList } from './coming.ts';
import { shown, time, word } from './format.ts';
import { type Field, type Given, givenIn, holdFields, wrongIn } from './hold-fields.ts';
import { holdLinkKey, type LinkedTo, readHoldLink } from './hold-link.ts';
import { dueOf, holdManyDone, holdManyForm, type ManyParts } from './hold-many.ts';
import { catalogue } from './language.ts';
import type { ConsoleSource, FleetRow } from './source.ts';
import type { Html, Visit } from './visit.ts';

const WORDS = catalogue({
  en: {
    title: 'Hold',
    hold: 'Hold it',
    means: 'While it is held nobody stops, starts or destroys it. This link can do nothing else.',
    until: 'This link works until',
    comes: 'What would happen otherwise',
    reason: 'held by a link from a message',
    done: 'It is held',
    doneText: (owner: string) => `Held by ${owner}. Somebody who may act can release it in the console.`,
    forged: 'This link is not valid',
    forgedText: 'It was cut short, or made by an earlier control token. Ask for a new one, or hold it in the console.',
    expired: 'This link is over',
    expiredText: 'Hold it in the console, or from the command line:',
    gone: 'This instance is not listed any more',
    failed: 'It could not be held',
  },
  zh: {
    title: '保留',
    hold: '保留这台实例',
    means: '保留期间谁都不会把它关机、开机或销毁。这个链接做不了别的事。',
    until: '链接有效至',
    comes: '否则将会发生',
    reason: '通过通知里的链接保留',
    done: '已保留',
    doneText: (owner: string) => `由 ${owner} 保留。有操作权限的人可以在控制台解除。`,
    forged: '链接无效',
    forgedText: '链接不完整，或者出自以前的控制令牌。请索取新的，或在控制台保留。',
    expired: '链接已过期',
    expiredText: '请在控制台保留，或用命令行：',
    gone: '这台实例已不在列表里',
    failed: '未能保留',
  },
});

export interface HoldPageParts {
  readonly source: Pick<ConsoleSource, 'fleet' | 'timeline' | 'now'>;
  readonly web: Pick<WebSource, 'hold'>;
  readonly controlToken: () => string | null;
}

export interface HoldAnswer {
  readonly title: string;
  readonly body: Html;
  readonly status: 200 | 404 | 409 | 410 | 422;
}

/** What a link that is good leads to. */
type Opened =
  | { readonly kind: 'one'; readonly row: FleetRow; readonly expiresAt: number }
  | ({ readonly kind: 'many' } & ManyParts);

/** What a signed link shows. Asking for it does nothing: programs that preview links ask for it too. */
export async function holdLinkPage(token: string, visit: Visit, parts: HoldPageParts): Promise<HoldAnswer> {
  const opened = await openLink(token, visit, parts);
  return 'status' in opened ? opened : { ...formPage(opened, visit, null, []), status: 200 };
}

/** Holds what the link is for, and nothing else. What cannot be taken is shown again, with what is asked for. */
export async function holdByLink(
  token: string,
  context: Context<WebEnv>,
  visit: Visit,
  parts: HoldPageParts,
): Promise<HoldAnswer> {
  const opened = await openLink(token, visit, parts);
  if ('status' in opened) return opened;
  const given = givenIn(await formDataOf(context));
  const wrong = wrongIn(given, opened.kind === 'many');
  if (wrong.length > 0) return { ...formPage(opened, visit, given, wrong), status: 422 };
  const t = WORDS[visit.language];
  const hold = (instance: string) => parts.web.hold({ instance, for: given.for, owner: given.owner, reason: t.reason });
  switch (opened.kind) {
    case 'one':
      return oneDone(opened.row, await hold(opened.row.key), given.owner, visit);
    case 'many':
      return await holdMany(opened, given, hold, visit);
    default:
      return assertNever(opened);
  }
}

function formPage(opened: Opened, visit: Visit, given: Given | null, wrong: readonly Field[]) {
  switch (opened.kind) {
    case 'one':
      return holdOneForm(opened.row, opened.expiresAt, visit, given, wrong);
    case 'many':
      return holdManyForm(opened, visit, given, wrong);
    default:
      return assertNever(opened);
  }
}

function holdOneForm(row: FleetRow, expiresAt: number, visit: Visit, given: Given | null, wrong: readonly Field[]) {
  const t = WORDS[visit.language];
  return {
    title: t.title,
    body: html`<section class="card narrow">${nameOf(row, visit)}
${row.hold === null ? '' : html`<p class="hold">${shown(row.hold.owner)} → ${time(row.hold.until, visit)}</p>`}
${row.next === null ? '' : html`<h2>${t.comes}</h2>${comingList([row.next], visit)}`}
<form method="post" class="stack">${holdFields(visit, given, wrong)}
<button class="primary">${t.hold}</button></form><p><small>${t.means} ${t.until} ${time(expiresAt, visit)}</small></p></section>`,
  };
}

function oneDone(row: FleetRow, done: Done, owner: string, visit: Visit): HoldAnswer {
  const t = WORDS[visit.language];
  if (done.kind !== 'done') return message(t.failed, html`<p>${done.message}</p>`, STATUSES[done.kind]);
  return message(
    t.done,
    html`<p><b>${nameIn(row)}</b> <span class="key">${shown(row.key)}</span></p><p>${t.doneText(shown(owner))}</p>`,
    200,
  );
}

const STATUSES = { 'not-found': 404, invalid: 422, refused: 409 } as const;

async function holdMany(
  { due }: ManyParts,
  { owner, instances }: Given,
  hold: (instance: string) => Promise<Done>,
  visit: Visit,
): Promise<HoldAnswer> {
  const held: FleetRow[] = [];
  const missed: { key: string; why: string | null }[] = [];
  for (const key of new Set(instances)) {
    // A form may ask for anything: the link is for what the policy is about to act on.
    const found = due.find(({ row }) => row.key === key);
    const done = found === undefined ? null : await hold(key);
    if (found !== undefined && done?.kind === 'done') held.push(found.row);
    else missed.push({ key, why: done === null || done.kind === 'done' ? null : done.message });
  }
  return { ...holdManyDone(owner, held, missed, visit), status: held.length === 0 ? 409 : 200 };
}

async function openLink(
  token: string,
  visit: Visit,
  { source, controlToken }: HoldPageParts,
): Promise<HoldAnswer | Opened> {
  const t = WORDS[visit.language];
  const control = controlToken();
  const link = control === null ? null : readHoldLink(holdLinkKey(control), token, source.now());
  if (link === null || link.kind === 'forged') return message(t.forged, html`<p>${t.forgedText}</p>`, 404);
  const { to, expiresAt } = link;
  if (link.kind === 'expired') {
    const command = `lamplighter hold ${commandFor(to)} --for 4h --reason "…"`;
    return message(t.expired, html`<p>${t.expiredText}</p><pre>${command}</pre>`, 410);
  }
  if (to.kind === 'policy') {
    const due = dueOf(await source.timeline(), to.account, to.policy);
    return { kind: 'many', account: to.account, policy: to.policy, expiresAt, due };
  }
  const row = (await source.fleet()).rows.find(({ key }) => key === to.instance);
  return row === undefined
    ? message(t.gone, html`<p class="key">${shown(to.instance)}</p>`, 404)
    : { kind: 'one', row, expiresAt };
}

function commandFor(to: LinkedTo): string {
  return shown(to.kind === 'instance' ? to.instance : `${to.account}/ID`);
}

function nameIn({ name, id }: FleetRow): string {
  return shown(name === '' ? id : name);
}

function nameOf(row: FleetRow, visit: Visit): Html {
  return html`<h1>${nameIn(row)}</h1><p>${word(row.status, visit.language)} <span class="key">${shown(row.key)}</span></p>`;
}

function message(title: string, body: Html, status: HoldAnswer['status']): HoldAnswer {
  return { title, body: html`<section class="card narrow"><h1>${title}</h1>${body}</section>`, status };
}
