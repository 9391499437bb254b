import type { Context } from 'hono';
import { html } from 'hono/html';
import { z } from 'zod';
import type { WebEnv } from '../own-host.ts';
import type { WebSource } from '../source.ts';
import { formOf } from './action.ts';
import { comingList } from './coming.ts';
import { shown, time, word } from './format.ts';
import { holdLinkKey, readHoldLink } from './hold-link.ts';
import { catalogue } from './language.ts';
import type { ConsoleSource, FleetRow } from './source.ts';
import type { Html, Visit } from './visit.ts';

const WORDS = catalogue({
  en: {
    title: 'Hold',
    owner: 'Your name',
    for: 'For',
    lengths: { '1h': '1 hour', '4h': '4 hours', '12h': '12 hours', '24h': '24 hours' },
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
    owner: '您的名字',
    for: '时长',
    lengths: { '1h': '1 小时', '4h': '4 小时', '12h': '12 小时', '24h': '24 小时' },
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

/** A link is for the hours until somebody is at a desk; whoever needs longer signs in. */
const LENGTHS = ['1h', '4h', '12h', '24h'] as const;
const FORM = z.object({ owner: z.string().trim().min(1).max(100), for: z.enum(LENGTHS) });

export interface HoldPageParts {
  readonly source: Pick<ConsoleSource, 'fleet' | 'now'>;
  readonly web: Pick<WebSource, 'hold'>;
  readonly controlToken: () => string | null;
}

export interface HoldAnswer {
  readonly title: string;
  readonly body: Html;
  readonly status: 200 | 404 | 410;
}

/** What a signed link shows. Asking for it does nothing: programs that preview links ask for it too. */
export async function holdLinkPage(token: string, visit: Visit, parts: HoldPageParts): Promise<HoldAnswer> {
  const found = await openLink(token, visit, parts);
  if ('status' in found) return found;
  const { row, expiresAt } = found;
  const t = WORDS[visit.language];
  return {
    title: t.title,
    status: 200,
    body: html`<section class="card narrow">${nameOf(row, visit)}
${row.hold === null ? '' : html`<p class="hold">${shown(row.hold.owner)} → ${time(row.hold.until, visit)}</p>`}
${row.next === null ? '' : html`<h2>${t.comes}</h2>${comingList([row.next], visit)}`}
<form method="post" class="stack"><label>${t.owner}<input name="owner" required maxlength="100" autocomplete="name"></label>
<label>${t.for}<select name="for">${LENGTHS.map((length) => html`<option value="${length}"${length === '4h' ? html` selected` : ''}>${t.lengths[length]}</option>`)}</select></label>
<button class="primary">${t.hold}</button></form><p><small>${t.means} ${t.until} ${time(expiresAt, visit)}</small></p></section>`,
  };
}

/** Holds the one instance that the link is for. */
export async function holdByLink(
  token: string,
  context: Context<WebEnv>,
  visit: Visit,
  parts: HoldPageParts,
): Promise<HoldAnswer> {
  const found = await openLink(token, visit, parts);
  if ('status' in found) return found;
  const form = FORM.safeParse(await formOf(context));
  if (!form.success) return await holdLinkPage(token, visit, parts);
  const { owner, for: length } = form.data;
  const t = WORDS[visit.language];
  const done = await parts.web.hold({ instance: found.row.key, for: length, owner, reason: t.reason });
  if (done.kind !== 'done') return message(t.failed, html`<p>${done.message}</p>`, 404);
  return message(
    t.done,
    html`<p><b>${nameIn(found.row)}</b> <span class="key">${shown(found.row.key)}</span></p><p>${t.doneText(shown(owner))}</p>`,
    200,
  );
}

async function openLink(
  token: string,
  visit: Visit,
  { source, controlToken }: HoldPageParts,
): Promise<HoldAnswer | { readonly row: FleetRow; readonly expiresAt: number }> {
  const t = WORDS[visit.language];
  const control = controlToken();
  const link = control === null ? null : readHoldLink(holdLinkKey(control), token, source.now());
  if (link === null || link.kind === 'forged') return message(t.forged, html`<p>${t.forgedText}</p>`, 404);
  if (link.kind === 'expired') {
    const command = `lamplighter hold ${shown(link.instance)} --for 4h --reason "…"`;
    return message(t.expired, html`<p>${t.expiredText}</p><pre>${command}</pre>`, 410);
  }
  const row = (await source.fleet()).rows.find(({ key }) => key === link.instance);
  return row === undefined
    ? message(t.gone, html`<p class="key">${shown(link.instance)}</p>`, 404)
    : { row, expiresAt: link.expiresAt };
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
