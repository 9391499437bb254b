import { type Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { csrf } from 'hono/csrf';
import { html } from 'hono/html';
import { peerOf, type WebEnv } from '../own-host.ts';
import type { WebSource } from '../source.ts';
import type { WrongTokens } from '../wrong-tokens.ts';
import { Access, type AccessRules, type Asking } from './access.ts';
import { type Action, formOf, runAction } from './action.ts';
import { Assets } from './assets.ts';
import { boardActions, boardPages } from './board-pages.ts';
import type { BoardSource } from './board-source.ts';
import { Events } from './events.ts';
import { fleetPage } from './fleet.ts';
import { holdActions } from './hold-form.ts';
import { type HoldPageParts, holdByLink, holdLinkPage } from './hold-page.ts';
import { holdsPage } from './holds.ts';
import { instancePage } from './instance.ts';
import { isLanguage, LANGUAGE_COOKIE, languageOf } from './language.ts';
import { layout } from './layout.ts';
import { masked } from './masked.ts';
import { pauseActions } from './pause.ts';
import { localPath, takeSaid } from './said.ts';
import { signInBody } from './sign-in.ts';
import type { ConsoleSource } from './source.ts';
import { timelinePage } from './timeline.ts';
import { Live, type Page, paramsOf, type Rendered, THEMES, type Theme, type Visit } from './visit.ts';
import { WORDS } from './words.ts';

const THEME_COOKIE = 'lamplighter_theme';
const YEAR_S = 365 * 86_400;

export interface ConsoleParts {
  readonly source: ConsoleSource;
  readonly boards: BoardSource;
  readonly access: AccessRules;
  /** Aborted when the daemon stops: what is being sent ends. */
  readonly signal: AbortSignal;
}

/** The pages for people. `actions` are what the API does as well, asked for by forms. */
export class Console {
  readonly access: Access;
  readonly #parts: ConsoleParts;
  readonly #wrong: WrongTokens;
  readonly #onFailure: (error: unknown, request: string) => void;
  readonly #assets = new Assets();
  readonly #pages: readonly Page[];
  readonly #actions: readonly Action[];
  readonly #events: Events;
  readonly #holdLinks: HoldPageParts;

  constructor(
    parts: ConsoleParts,
    web: WebSource,
    wrong: WrongTokens,
    onFailure: (error: unknown, request: string) => void,
  ) {
    this.#onFailure = onFailure;
    this.#parts = parts;
    this.#wrong = wrong;
    this.access = new Access(parts.access);
    const { source } = parts;
    // In the order of the bar.
    this.#pages = [
      fleetPage(source),
      timelinePage(source),
      ...boardPages(parts.boards),
      holdsPage(source),
      instancePage(source),
    ];
    this.#actions = [...pauseActions(web), ...holdActions(web), ...boardActions(web)];
    this.#holdLinks = { source, web, controlToken: () => parts.access.token('control') };
    this.#events = new Events(parts.signal);
  }

  /** Every address of the console, to be put below the root. */
  routes(): Hono<WebEnv> {
    const app = new Hono<WebEnv>();
    const ownForms = csrf({ origin: (origin, context) => this.access.isOwnOrigin(origin, context) });

    app.get('/assets/:digest/:name', (context) => {
      const { digest, name } = context.req.param();
      const asset = this.#assets.get(digest, name);
      if (asset === null) return context.notFound();
      context.header('cache-control', 'public, max-age=31536000, immutable');
      return context.body(asset.body, 200, { 'content-type': asset.type });
    });
    for (const page of this.#pages) {
      app.get(page.path, async (context) => await this.#show(context, page));
    }
    app.get('/events', async (context) => await this.#follow(context));
    app.get('/sign-in', async (context) => await this.#signInPage(context, 200));
    app.post('/sign-in', ownForms, async (context) => await this.#signIn(context));
    app.post('/sign-out', ownForms, (context) => {
      this.access.signOut(context);
      return context.redirect('/', 303);
    });
    app.post('/preferences', ownForms, async (context) => await this.#prefer(context));
    // The link itself is the permission, and only for this.
    app.get('/hold/:token', async (context) => {
      const visit = this.#stranger(context);
      const page = await holdLinkPage(context.req.param('token'), visit, this.#holdLinks);
      return await this.#answer(context, visit, null, page, page.status);
    });
    app.post('/hold/:token', ownForms, async (context) => {
      const visit = this.#stranger(context);
      const page = await holdByLink(context.req.param('token'), context, visit, this.#holdLinks);
      return await this.#answer(context, visit, null, page, page.status);
    });
    for (const action of this.#actions) {
      app.post(action.path, ownForms, async (context) => await runAction(action, context, this.access));
    }
    return app;
  }

  /** For an address under which there is nothing. Tells nothing of the daemon, so anybody may see it. */
  async nowhere(context: Context<WebEnv>): Promise<Response> {
    const visit = this.#stranger(context);
    return await this.#answer(context, visit, null, notFound(visit), 404);
  }

  async #show(context: Context<WebEnv>, page: Page): Promise<Response> {
    const asking = this.access.asking(context);
    if (asking.role === 'none') return await this.#signInPage(context, 401);
    const path = new URL(context.req.url).pathname;
    const visit = this.#visit(context, asking, path, new URL(context.req.url).searchParams, takeSaid(context));
    try {
      const rendered = await this.#render(page, visit);
      if (rendered === null) return await this.#answer(context, visit, page, notFound(visit), 404);
      return await this.#answer(context, visit, page, rendered, rendered.chrome.redis ? 200 : 503);
    } catch (error) {
      this.#onFailure(error, `GET ${path}`);
      return await this.#answer(context, { ...visit, live: new Live() }, null, failed(visit), 500);
    }
  }

  /** `null`: there is no such thing. Without Redis there is nothing to ask for. */
  async #render(
    page: Page,
    visit: Visit,
  ): Promise<(Rendered & { readonly chrome: Awaited<ReturnType<ConsoleSource['chrome']>> }) | null> {
    const params = paramsOf(page.path, visit.path);
    if (params === null) return null;
    const chrome = await this.#parts.source.chrome();
    if (!chrome.redis) {
      return { title: WORDS[visit.language].notReady, body: html``, chrome };
    }
    const rendered = await page.render(visit, params);
    return rendered === null ? null : { ...rendered, chrome };
  }

  async #answer(
    context: Context<WebEnv>,
    visit: Visit,
    page: Page | null,
    rendered: Rendered & { readonly chrome?: Awaited<ReturnType<ConsoleSource['chrome']>> },
    status: 200 | 401 | 404 | 409 | 410 | 422 | 429 | 500 | 503,
  ): Promise<Response> {
    // A page with somebody's session on it is nobody else's.
    context.header('cache-control', 'no-store');
    const frame = {
      assets: this.#assets,
      pages: this.#pages,
      page,
      chrome: rendered.chrome ?? null,
      canSignIn: this.access.hasToken,
    };
    const text = String(await layout(visit, frame, rendered));
    // Only what is sent: the versions of its live parts are of the proof itself, which stays the same.
    return context.html(visit.csrf === null ? text : text.replaceAll(visit.csrf, masked(visit.csrf)), status);
  }

  /** Sends what changes of the page that is named, until somebody leaves. */
  async #follow(context: Context<WebEnv>): Promise<Response> {
    const asking = this.access.asking(context);
    if (asking.role === 'none') return context.text('sign in first', 401);
    const asked = localPath(context.req.query('page'));
    const url = new URL(asked, 'http://console.invalid');
    const page = this.#pages.find(({ path }) => paramsOf(path, url.pathname) !== null);
    if (page === undefined) return context.notFound();
    return await this.#events.open(context, {
      // Two who see the same are sent the same, made once.
      view: JSON.stringify([asked, languageOf(context), asking.role, asking.csrf]),
      seen: context.req.query('seen') ?? '',
      isStillAllowed: () => this.access.asking(context).role === asking.role,
      now: () => this.#parts.source.now(),
      render: async () => {
        const visit = this.#visit(context, asking, url.pathname, url.searchParams, null);
        const rendered = await this.#render(page, visit);
        if (rendered === null) return null;
        const frame = { assets: this.#assets, pages: this.#pages, page, chrome: rendered.chrome, canSignIn: false };
        await layout(visit, frame, rendered);
        visit.live.isKnown = rendered.chrome.redis;
        return visit.live;
      },
    });
  }

  async #signInPage(context: Context<WebEnv>, status: 200 | 401 | 429, wrong: 'token' | 'throttled' | null = null) {
    const visit = this.#visit(
      context,
      { role: 'none', session: null, csrf: null },
      '/sign-in',
      new URLSearchParams(),
      null,
    );
    const asked =
      context.req.method === 'GET' && status === 401 ? pathOf(context) : localPath(context.req.query('back'));
    const body = signInBody(visit, { back: asked, wrong, hasToken: this.access.hasToken, canAct: this.access.canAct });
    return await this.#answer(context, visit, null, { title: WORDS[visit.language].signIn, body }, status);
  }

  async #signIn(context: Context<WebEnv>): Promise<Response> {
    const form = await formOf(context);
    const text = (key: string) => (form[key] ?? '').trim();
    const peer = peerOf(context);
    if (this.#wrong.waitMs(peer) > 0) return await this.#signInPage(context, 429, 'throttled');
    const role = this.access.sessions.roleOf(text('token'));
    if (role === null || !this.access.signIn(context, role, text('name').slice(0, 60) || 'console')) {
      this.#wrong.note(peer);
      return await this.#signInPage(context, 401, 'token');
    }
    return context.redirect(localPath(text('back')), 303);
  }

  async #prefer(context: Context<WebEnv>): Promise<Response> {
    const form = await formOf(context);
    const text = (key: string) => form[key] ?? '';
    const options = { path: '/', sameSite: 'Lax', httpOnly: true, maxAge: YEAR_S } as const;
    const secure = this.access.isSecure(context);
    const language = isLanguage(text('language'));
    if (language !== null) setCookie(context, LANGUAGE_COOKIE, language, { ...options, secure });
    const theme = THEMES.find((each) => each === text('theme'));
    if (theme !== undefined) setCookie(context, THEME_COOKIE, theme, { ...options, secure });
    return context.redirect(localPath(text('back')), 303);
  }

  /** Somebody of whom nothing is known, and who is shown nothing of the daemon. */
  #stranger(context: Context): Visit {
    const path = new URL(context.req.url).pathname;
    return this.#visit(context, { role: 'none', session: null, csrf: null }, path, new URLSearchParams(), null);
  }

  #visit(context: Context, asking: Asking, path: string, query: URLSearchParams, said: Visit['said']): Visit {
    const theme: Theme = THEMES.find((each) => each === getCookie(context, THEME_COOKIE)) ?? 'auto';
    return {
      language: languageOf(context),
      theme,
      role: asking.role,
      name: asking.session?.name ?? null,
      csrf: asking.role === 'control' ? asking.csrf : null,
      now: this.#parts.source.now(),
      timezone: this.#parts.source.timezone(),
      path,
      query,
      said,
      live: new Live(),
    };
  }
}

function pathOf(context: Context): string {
  const url = new URL(context.req.url);
  return url.pathname + url.search;
}

function failed(visit: Visit): Rendered {
  const t = WORDS[visit.language];
  return { title: t.failed, body: html`<h1>${t.failed}</h1><p>${t.failedText}</p>` };
}

function notFound(visit: Visit): Rendered {
  const t = WORDS[visit.language];
  return { title: t.notFound, body: html`<h1>${t.notFound}</h1><p><a href="/">${t.back}</a></p>` };
}
