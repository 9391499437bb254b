import { html } from 'hono/html';
import { fromNow, idOf, shown, time } from './format.ts';
import { holdForm, releaseForm } from './hold-form.ts';
import { instancePath } from './instance.ts';
import { catalogue } from './language.ts';
import { hidden } from './layout.ts';
import type { ConsoleSource, Fleet, HoldRow } from './source.ts';
import type { Html, Page, Visit } from './visit.ts';
import { WORDS as SHARED } from './words.ts';

const WORDS = catalogue({
  en: {
    title: 'Holds',
    caption: 'Instances that somebody holds',
    place: 'Hold an instance',
    owner: 'Owner',
    until: 'Until',
    none: 'Nothing is held.',
    switch: 'The switch for everything',
    switchMeans:
      'Pausing stops all acting of all policies and by hand at once. Nothing is lost: what is due then is done, or called off, when acting goes on.',
    reasonHint: 'such as: the cloud is being maintained',
    confirm: 'Pause all acting?',
  },
  zh: {
    title: '保留',
    caption: '被人保留的实例',
    place: '保留一台实例',
    owner: '保留人',
    until: '至',
    none: '没有保留。',
    switch: '总开关',
    switchMeans: '暂停会立刻停住所有策略和人工的动作。什么都不会丢：届时该做的，恢复后再做或取消。',
    reasonHint: '例如：云平台维护中',
    confirm: '要暂停一切动作吗？',
  },
});

/** What is held, and the switch that holds everything. */
export function holdsPage(source: Pick<ConsoleSource, 'fleet' | 'chrome'>): Page {
  return {
    path: '/holds',
    nav: { en: WORDS.en.title, zh: WORDS.zh.title },
    key: 'h',
    render: async (visit) => {
      const [fleet, { paused }] = await Promise.all([source.fleet(), source.chrome()]);
      const t = WORDS[visit.language];
      const shared = SHARED[visit.language];
      const held = fleet.rows.flatMap((row) => (row.hold === null ? [] : [{ row, hold: row.hold }]));
      held.sort((a, b) => a.hold.until - b.hold.until);
      return {
        title: t.title,
        body: html`<h1>${t.title}</h1>
<div class="scroll"><table><caption class="hidden">${t.caption}</caption><thead><tr><th scope="col">${shared.instance}</th><th scope="col">${t.owner}</th><th scope="col">${t.until}</th><th scope="col">${shared.reason}</th><th scope="col"><span class="hidden">${shared.action}</span></th></tr></thead>
<tbody id="held" data-rows>${visit.live.list(
          'held',
          held.map(({ row, hold }) => {
            const id = idOf('h', hold.id);
            return { id, element: line(id, row, hold, visit) };
          }),
        )}</tbody></table></div>
${visit.live.part('none-held', html`<p id="none-held" class="dim">${held.length === 0 ? t.none : ''}</p>`)}
<h2>${t.place}</h2><section class="card">${holdForm(visit, null)}${names(fleet, visit)}</section>
<h2>${t.switch}</h2>${visit.live.part('switch', pauseSwitch(paused !== null, visit))}`,
      };
    },
  };
}

function line(id: string, row: Fleet['rows'][number], hold: HoldRow, visit: Visit): Html {
  return html`<tr id="${id}"><th scope="row"><a href="${instancePath(row)}">${shown(row.name === '' ? row.id : row.name)}</a><small class="key">${shown(row.key)}</small></th><td>${shown(hold.owner)}</td><td>${time(hold.until, visit)}<small>${fromNow(hold.until, visit)}</small></td><td>${shown(hold.reason)}</td><td class="number">${releaseForm(hold, visit)}</td></tr>`;
}

function names(fleet: Fleet, visit: Visit): Html | string {
  if (visit.csrf === null) return '';
  return html`<datalist id="instances">${fleet.rows.map((row) => html`<option value="${row.key}">${shown(row.name)}</option>`)}</datalist>`;
}

function pauseSwitch(isPaused: boolean, visit: Visit): Html {
  const t = WORDS[visit.language];
  const shared = SHARED[visit.language];
  const form =
    visit.csrf === null
      ? ''
      : isPaused
        ? html`<form method="post" action="/actions/resume" class="row">${hidden(visit)}<button class="primary">${shared.resume}</button></form>`
        : html`<form method="post" action="/actions/pause" class="row">${hidden(visit)}<label class="grow">${shared.reason}<input name="reason" maxlength="500" placeholder="${t.reasonHint}"></label><button class="danger" data-confirm="${t.confirm}">${shared.pause}</button></form>`;
  return html`<section id="switch" class="card"><p><small>${t.switchMeans}</small></p>${form}</section>`;
}
