import { html } from 'hono/html';
import type { Assets } from './assets.ts';
import { versionOf } from './events.ts';
import { fromNow, shown } from './format.ts';
import { LANGUAGES, LOCALES } from './language.ts';
import type { Chrome } from './source.ts';
import { told } from './told.ts';
import { type Html, type Page, type Rendered, THEMES, type Visit } from './visit.ts';
import { WORDS } from './words.ts';

/** How a language is called in itself. */
const OWN_NAMES = { en: 'English', zh: '中文' } as const;

export interface Frame {
  readonly assets: Assets;
  readonly pages: readonly Page[];
  /** `null`: not a page of the bar, such as the one for signing in. */
  readonly page: Page | null;
  /** `null`: the reader may see nothing of the daemon. */
  readonly chrome: Chrome | null;
  readonly canSignIn: boolean;
}

/** Every page: the head, the bar, banners for what is not as it should be, and the page's own body. */
export function layout(visit: Visit, frame: Frame, rendered: Rendered): Html {
  const { language, theme } = visit;
  const { assets, page } = frame;
  const t = WORDS[language];
  const url = (name: string) => assets.url(name);
  const isLive = page !== null && visit.role !== 'none';
  return html`<!doctype html>
<html lang="${LOCALES[language]}" data-theme="${theme}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${rendered.title} · ${t.product}</title>
<link rel="icon" href="${url('lamp.svg')}" type="image/svg+xml"><link rel="stylesheet" href="${url('console.css')}">
${(page?.styles ?? []).map((name) => html`<link rel="stylesheet" href="${url(name)}">`)}
<script type="module" src="${url('console.js')}"></script>${(page?.scripts ?? []).map((name) => html`<script type="module" src="${url(name)}"></script>`)}
</head>
<body data-page="${isLive ? visit.path + queryText(visit) : ''}" data-now="${visit.now}">
<a class="skip" href="#main">${t.skip}</a>
<header class="bar">
<a class="brand" href="/"><img src="${url('lamp.svg')}" alt="" width="26" height="26"><span>${t.product}</span></a>
<nav aria-label="${t.navigation}">${visit.role === 'none' ? '' : frame.pages.map((each) => link(each, frame, visit))}</nav>
<div class="tools">${isLive ? html`<span class="pulse" data-live data-words="${JSON.stringify([t.connecting, t.live, t.offline])}" role="status"></span>` : ''}${settings(visit)}${session(visit, frame)}</div>
</header>
<div aria-live="polite" aria-relevant="additions">${visit.live.part('banners', banners(visit, frame.chrome))}</div>
<p id="said" class="said ${visit.said === null ? '' : visit.said.ok ? 'good' : 'bad'}" role="status" aria-live="polite">${visit.said?.text ?? ''}</p>
<main id="main" tabindex="-1">
${rendered.body}
</main>
${visit.role === 'none' ? '' : help(visit, frame)}
${isLive ? html`<i hidden data-version="${versionOf(visit.live)}"></i>` : ''}
</body></html>`;
}

/** `#banners` is always there, so that the page can be patched into having one. */
function banners(visit: Visit, chrome: Chrome | null): Html {
  const t = WORDS[visit.language];
  if (chrome === null) return html`<div id="banners"></div>`;
  const { paused, escalated, problems, redis } = chrome;
  return html`<div id="banners">${redis ? '' : html`<p class="banner bad"><b>${t.noRedis}</b></p>`}${
    paused === null
      ? ''
      : html`<div class="banner paused"><p><b>${t.paused(shown(paused.by))}</b> ${paused.at === 0 ? '' : fromNow(paused.at, visit)}${paused.reason === '' ? '' : html` · ${shown(paused.reason)}`} <span class="dim">${t.pausedMeans}</span></p>${
          visit.csrf === null
            ? ''
            : html`<form method="post" action="/actions/resume">${hidden(visit)}<button>${t.resume}</button></form>`
        }</div>`
  }${
    escalated === 0
      ? ''
      : html`<p class="banner bad"><b>${t.escalated(escalated)}</b> <a href="/operations?state=escalated">${t.look}</a></p>`
  }${problems
    .filter(({ name }) => redis || name !== 'redis')
    .map(
      (problem) =>
        html`<p class="banner warn"><b>${t.checks[problem.name] ?? problem.name}</b> ${told(problem.told, visit)}</p>`,
    )}</div>`;
}

/** What every form that acts carries: the proof that it is ours, and where to go on. */
export function hidden(visit: Visit): Html {
  return html`<input type="hidden" name="csrf" value="${visit.csrf ?? ''}"><input type="hidden" name="back" value="${visit.path}${queryText(visit)}">`;
}

function queryText(visit: Visit): string {
  const text = visit.query.toString();
  return text === '' ? '' : `?${text}`;
}

function link(each: Page, frame: Frame, visit: Visit): Html | string {
  if (each.nav === null) return '';
  const here = each === frame.page;
  return html`<a href="${each.path}"${here ? html` aria-current="page"` : ''}${each.key === undefined ? '' : html` data-go="${each.key}"`}>${each.nav[visit.language]}</a>`;
}

function settings(visit: Visit): Html {
  const t = WORDS[visit.language];
  return html`<form class="settings" method="post" action="/preferences" aria-label="${t.settings}"><input type="hidden" name="back" value="${visit.path}${queryText(visit)}">
<span role="group" aria-label="${t.theme}">${THEMES.map((theme) => html`<button name="theme" value="${theme}" class="icon ${theme}" aria-pressed="${String(visit.theme === theme)}" title="${t.theme}: ${t.themes[theme]}"><span class="hidden">${t.themes[theme]}</span></button>`)}</span>
<span role="group" aria-label="${t.language}">${LANGUAGES.map((language) => html`<button name="language" value="${language}" lang="${LOCALES[language]}" aria-pressed="${String(visit.language === language)}">${OWN_NAMES[language]}</button>`)}</span></form>`;
}

function session(visit: Visit, frame: Frame): Html | string {
  const t = WORDS[visit.language];
  if (visit.name !== null && visit.role !== 'none') {
    return html`<form class="session" method="post" action="/sign-out"><span class="who">${t.signedInAs(shown(visit.name), visit.role)}</span><button>${t.signOut}</button></form>`;
  }
  if (visit.role === 'none' || !frame.canSignIn) return '';
  return html`<span class="session"><span class="who">${t.onlyLooking}</span><a class="button" href="/sign-in?back=${encodeURIComponent(visit.path + queryText(visit))}">${t.signIn}</a></span>`;
}

function help(visit: Visit, frame: Frame): Html {
  const t = WORDS[visit.language];
  const row = (keys: string, text: string) =>
    html`<div><dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${text}</dd></div>`;
  return html`<dialog id="help" aria-labelledby="help-title"><h2 id="help-title">${t.shortcuts}</h2><dl class="keys">
${row('?', t.keys.help)}${row('/', t.keys.search)}${row('j', t.keys.next)}${row('k', t.keys.previous)}${row('Enter', t.keys.open)}${row('t', t.keys.theme)}${row('Esc', t.keys.escape)}
${frame.pages.map((page) => (page.nav === null || page.key === undefined ? '' : row(`g ${page.key}`, page.nav[visit.language])))}
</dl><form method="dialog"><button>${t.close}</button></form></dialog>`;
}
