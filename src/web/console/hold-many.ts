import { html } from 'hono/html';
import { comingList } from './coming.ts';
import { shown, time } from './format.ts';
import { type Field, type Given, holdFields, marked, wrongLine } from './hold-fields.ts';
import { catalogue } from './language.ts';
import type { Coming, FleetRow, Timeline } from './source.ts';
import type { Html, Visit } from './visit.ts';

const WORDS = catalogue({
  en: {
    title: 'Hold what is coming',
    what: (policy: string, account: string) => `What policy ${policy} is about to do on ${account}`,
    which: 'Which machines to hold',
    hold: 'Hold those that are ticked',
    means: 'While a machine is held nobody stops, starts or destroys it. This link can do nothing else.',
    until: 'This link works until',
    none: 'Nothing is coming any more: it was called off, is held, or has happened.',
    heldBy: (owner: string) => `held by ${owner} until`,
    done: (count: number) => (count === 1 ? 'One machine is held' : `${count} machines are held`),
    doneText: (owner: string) => `Held by ${owner}. Somebody who may act can release them in the console.`,
    nothing: 'Nothing was held',
    tooLate: 'nothing is coming there any more',
  },
  zh: {
    title: '保留即将被操作的实例',
    what: (policy: string, account: string) => `策略 ${policy} 即将对账号 ${account} 做的事`,
    which: '要保留哪些实例',
    hold: '保留勾选的实例',
    means: '保留期间谁都不会把这些实例关机、开机或销毁。这个链接做不了别的事。',
    until: '链接有效至',
    none: '已没有即将发生的事：已取消、已被保留，或已完成。',
    heldBy: (owner: string) => `${owner} 保留至`,
    done: (count: number) => `已保留 ${count} 台实例`,
    doneText: (owner: string) => `由 ${owner} 保留。有操作权限的人可以在控制台解除。`,
    nothing: '一台也没有保留',
    tooLate: '已没有即将发生的事',
  },
});

/** A machine that the policy is about to act on, with what it is about to do; or one that a hold keeps from it. */
export interface Due {
  readonly row: FleetRow;
  readonly coming: Coming;
}

/** What a policy is about to do on an account, and what a hold keeps it from. */
export function dueOf({ rows }: Timeline, account: string, policy: string): readonly Due[] {
  return rows.flatMap(({ row, coming }) => {
    if (row.account !== account) return [];
    const own = coming.find(
      (each) =>
        each.policy === policy &&
        // What was announced is the act, and not the start that follows it when the window is over.
        each.reason !== 'afterwards' &&
        (each.kind === 'act' || each.kind === 'announce' || (each.kind === 'kept' && row.hold !== null)),
    );
    return own === undefined ? [] : [{ row, coming: own }];
  });
}

export interface ManyParts {
  readonly account: string;
  readonly policy: string;
  readonly expiresAt: number;
  readonly due: readonly Due[];
}

/** The form in which one ticks what is to be held; at first everything is. */
export function holdManyForm(
  parts: ManyParts,
  visit: Visit,
  given: Given | null,
  wrong: readonly Field[],
): { readonly title: string; readonly body: Html } {
  const { account, policy, expiresAt, due } = parts;
  const t = WORDS[visit.language];
  const isTicked = ({ key }: FleetRow) => given === null || given.instances.includes(key);
  const free = due.filter(({ row }) => row.hold === null);
  const [first] = free;
  const box = ({ row, coming }: Due) =>
    row.hold === null
      ? html`<li><label class="tick"><input type="checkbox" name="instance" value="${row.key}"${isTicked(row) ? html` checked` : ''}${row === first?.row ? marked('instances', wrong) : ''}><span>${nameLine(row)}</span></label>${comingList([coming], visit)}</li>`
      : html`<li>${nameLine(row)} <span class="hold">${t.heldBy(shown(row.hold.owner))} ${time(row.hold.until, visit)}</span></li>`;
  const list = html`<ul class="ticks">${due.map(box)}</ul>`;
  const form = html`<form method="post" class="stack"><fieldset><legend>${t.which}</legend>${list}</fieldset>${wrongLine('instances', wrong, visit)}
${holdFields(visit, given, wrong)}<button class="primary">${t.hold}</button></form><p><small>${t.means} ${t.until} ${time(expiresAt, visit)}</small></p>`;
  return {
    title: t.title,
    body: html`<section class="card narrow"><h1>${t.what(shown(policy), shown(account))}</h1>${free.length > 0 ? form : html`<p>${t.none}</p>${due.length === 0 ? '' : list}`}</section>`,
  };
}

/** What came of it, machine by machine. `missed`: what kept it from being held; `null`: nothing is coming there any more. */
export function holdManyDone(
  owner: string,
  held: readonly FleetRow[],
  missed: readonly { readonly key: string; readonly why: string | null }[],
  visit: Visit,
): { readonly title: string; readonly body: Html } {
  const t = WORDS[visit.language];
  const title = held.length === 0 ? t.nothing : t.done(held.length);
  return {
    title,
    body: html`<section class="card narrow"><h1>${title}</h1>${
      held.length === 0
        ? ''
        : html`<ul>${held.map((row) => html`<li>${nameLine(row)}</li>`)}</ul><p>${t.doneText(shown(owner))}</p>`
    }${missed.length === 0 ? '' : html`<ul>${missed.map(({ key, why }) => html`<li><span class="key">${shown(key)}</span> <span class="wrong">${why ?? t.tooLate}</span></li>`)}</ul>`}</section>`,
  };
}

function nameLine({ name, id, key }: FleetRow): Html {
  return html`<b>${shown(name === '' ? id : name)}</b> <span class="key">${shown(key)}</span>`;
}
