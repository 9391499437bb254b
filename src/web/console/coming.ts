import { html } from 'hono/html';
import { fromNow, shown, time } from './format.ts';
import { catalogue, type Language } from './language.ts';
import type { Coming } from './source.ts';
import { told } from './told.ts';
import type { Html, Visit } from './visit.ts';
import { wordIn } from './words.ts';

export const COMING_WORDS = catalogue({
  en: {
    kept: (reason: string) => `kept from it: ${reason}`,
    would: 'would',
    ifIdle: 'if it stays idle',
    afterwards: 'the window is over',
    announced: 'announced first',
    nothing: 'Nothing within 24 hours, if everything goes on as it is.',
    caption: 'What is coming within 24 hours',
    now: 'now',
    notYet: 'This is being worked out…',
  },
  zh: {
    kept: (reason: string) => `被挡住：${reason}`,
    would: '本会',
    ifIdle: '若一直空闲',
    afterwards: '窗口已过',
    announced: '先预告',
    nothing: '若一切照旧，24 小时内什么都不会发生。',
    caption: '24 小时内将发生的事',
    now: '现在',
    notYet: '正在计算…',
  },
});

/** The act itself, as a chip: its kind stands in words beside it, whatever the colour. */
export function chip(
  coming: Pick<Coming, 'kind' | 'action' | 'told'>,
  visit: Pick<Visit, 'language' | 'timezone'>,
): Html {
  const { language } = visit;
  const t = COMING_WORDS[language];
  const action = shown(wordIn(language, coming.action));
  const text =
    coming.kind === 'observe'
      ? `${t.would} ${action}`
      : coming.kind === 'announce'
        ? `${wordIn(language, 'announce')} ${action}`
        : action;
  return html`<span class="act ${coming.kind}" title="${told(coming.told, visit)}">${text}</span>`;
}

/** What goes with it: the policy, what it rests on, what keeps it back. */
export function terms(coming: Coming, language: Language): string {
  const t = COMING_WORDS[language];
  return [
    shown(coming.policy),
    ...(coming.kind === 'kept' ? [t.kept(wordIn(language, coming.reason))] : []),
    ...(coming.reason === 'afterwards' ? [t.afterwards] : []),
    ...(coming.assumesIdle && coming.kind !== 'kept' ? [t.ifIdle] : []),
  ].join(' · ');
}

/** When it comes; what is so already has no time of its own. */
export function when(coming: Coming, visit: Visit): Html {
  return coming.isNow ? html`<b>${COMING_WORDS[visit.language].now}</b>` : time(coming.at, visit);
}

/** A list of what is coming, by time. */
export function comingList(coming: readonly Coming[], visit: Visit, isForeseen = true): Html {
  const t = COMING_WORDS[visit.language];
  if (coming.length === 0) return html`<p class="dim">${isForeseen ? t.nothing : t.notYet}</p>`;
  return html`<ol class="coming">${coming.map(
    (each) =>
      html`<li><span class="at">${when(each, visit)}${each.isNow ? '' : html`<small>${fromNow(each.at, visit)}</small>`}</span><span>${chip(each, visit)} <small class="inline">${terms(each, visit.language)}</small>${saysMore(each) ? html`<small>${told(each.told, visit)}</small>` : ''}</span></li>`,
  )}</ol>`;
}

/** The sentence of a plain act repeats what stands before it; of what is paid it tells the price. */
function saysMore({ kind, action }: Coming): boolean {
  return kind === 'act' ? action === 'renew' || action === 'lengthen' : kind !== 'announce';
}
