import { html } from 'hono/html';
import { z } from 'zod';
import type { WebSource } from '../source.ts';
import { type Action, action, saidOf } from './action.ts';
import { fromNow, shown, time } from './format.ts';
import { catalogue } from './language.ts';
import { hidden } from './layout.ts';
import type { HoldRow } from './source.ts';
import type { Html, Visit } from './visit.ts';

const WORDS = catalogue({
  en: {
    hold: 'Hold it',
    held: 'It is held.',
    released: 'The hold is released.',
    for: 'For',
    owner: 'Owner',
    reason: 'Reason',
    reasonHint: 'such as: fine-tuning until tonight',
    means: 'While it is held nobody stops, starts or destroys it; renewals and messages go on.',
    release: 'Release',
    heldBy: (owner: string) => `Held by ${owner}`,
    until: 'until',
    signIn: 'Sign in with the control token to hold it.',
    lengths: {
      '1h': '1 hour',
      '4h': '4 hours',
      '12h': '12 hours',
      '1d': '1 day',
      '3d': '3 days',
      '7d': '7 days',
      '31d': '31 days',
    },
  },
  zh: {
    hold: '保留',
    held: '已保留。',
    released: '已解除保留。',
    for: '时长',
    owner: '保留人',
    reason: '原因',
    reasonHint: '例如：微调到今晚',
    means: '保留期间谁都不会把它关机、开机或销毁；续费和通知照常。',
    release: '解除',
    heldBy: (owner: string) => `${owner} 保留`,
    until: '至',
    signIn: '用控制令牌登录后可以保留。',
    lengths: {
      '1h': '1 小时',
      '4h': '4 小时',
      '12h': '12 小时',
      '1d': '1 天',
      '3d': '3 天',
      '7d': '7 天',
      '31d': '31 天',
    },
  },
});

const LENGTHS = ['1h', '4h', '12h', '1d', '3d', '7d', '31d'] as const;
const USUAL_LENGTH = '4h';

const HOLD = z.object({
  instance: z.string().trim().min(1).max(300),
  for: z.string().trim().min(1).max(40),
  owner: z.string().trim().min(1).max(100),
  reason: z.string().trim().min(1).max(500),
});

export function holdActions(web: WebSource): readonly Action[] {
  return [
    action('/actions/hold', HOLD, async (input, _by, language) => saidOf(await web.hold(input), WORDS[language].held)),
    action('/actions/release', z.object({ id: z.string().min(1).max(100) }), async ({ id }, by, language) =>
      saidOf(await web.release(id, by), WORDS[language].released),
    ),
  ];
}

/** @param instance `null`: to be typed */
export function holdForm(visit: Visit, instance: string | null): Html {
  const t = WORDS[visit.language];
  if (visit.csrf === null) return html`<p class="dim">${t.signIn}</p>`;
  return html`<form method="post" action="/actions/hold" class="row">${hidden(visit)}${
    instance === null
      ? html`<label class="grow">${visit.language === 'zh' ? '实例' : 'Instance'}<input name="instance" required maxlength="300" list="instances" placeholder="account/id" autocomplete="off"></label>`
      : html`<input type="hidden" name="instance" value="${instance}">`
  }<label>${t.for}<select name="for">${LENGTHS.map((length) => html`<option value="${length}"${length === USUAL_LENGTH ? html` selected` : ''}>${t.lengths[length]}</option>`)}</select></label>
<label>${t.owner}<input name="owner" required maxlength="100" value="${visit.name ?? ''}" size="10"></label>
<label class="grow">${t.reason}<input name="reason" required maxlength="500" placeholder="${t.reasonHint}"></label>
<button class="primary">${t.hold}</button></form><p><small>${t.means}</small></p>`;
}

export function heldLine(hold: HoldRow, visit: Visit): Html {
  const t = WORDS[visit.language];
  return html`<div class="held"><p><b class="hold">${t.heldBy(shown(hold.owner))}</b> ${t.until} ${time(hold.until, visit)} <small class="inline">${fromNow(hold.until, visit)}</small> · ${shown(hold.reason)}</p>${releaseForm(hold, visit)}</div>`;
}

export function releaseForm(hold: HoldRow, visit: Visit): Html | string {
  if (visit.csrf === null) return '';
  return html`<form method="post" action="/actions/release">${hidden(visit)}<input type="hidden" name="id" value="${hold.id}"><button>${WORDS[visit.language].release}</button></form>`;
}
