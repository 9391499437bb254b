import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { bearerOf } from '../bearer.ts';
import { isLoopbackHost, isOverLoopback, type WebEnv } from '../own-host.ts';
import { SESSION_MS, type Session, type SessionRole, Sessions } from './session.ts';
import type { Role } from './visit.ts';

/** Who may look at what stands on this listener. */
export interface AccessRules {
  /** Is the listener itself bound to loopback? Only then is a peer on loopback believed to be somebody on this machine. */
  readonly loopbackListener: boolean;
  /** Asked anew each time: a reload may bring others. */
  readonly token: (role: SessionRole) => string | null;
  /** The origin under which people open the console; `null`: nobody said. */
  readonly url: () => string | null;
  /** Epoch ms of the real clock: sessions end by it. */
  readonly wall: () => number;
}

/** A proxy on this machine speaks from loopback for whoever is behind it. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

const COOKIE = 'lamplighter_session';
/** A name that no page on plain http, and none of a neighbouring name, can set. */
const SECURE_COOKIE = `__Host-${COOKIE}`;

export interface Asking {
  readonly role: Role;
  readonly session: Session | null;
  readonly csrf: string | null;
}

export class Access {
  readonly sessions: Sessions;
  readonly #rules: AccessRules;

  constructor(rules: AccessRules) {
    this.#rules = rules;
    this.sessions = new Sessions(rules.token, rules.wall);
  }

  /** Is there any token that somebody elsewhere could sign in with? */
  get hasToken(): boolean {
    return this.#rules.token('control') !== null || this.#rules.token('viewer') !== null;
  }

  get canAct(): boolean {
    return this.#rules.token('control') !== null;
  }

  asking(context: Context<WebEnv>): Asking {
    const cookie = getCookie(context, SECURE_COOKIE) ?? getCookie(context, COOKIE);
    const session = this.sessions.read(cookie);
    if (session !== null && cookie !== undefined) {
      return { role: session.role, session, csrf: this.sessions.csrf(cookie, session) };
    }
    return { role: this.isLocal(context) ? 'viewer' : 'none', session: null, csrf: null };
  }

  /** What the Bearer token of a request for the API opens; `undefined`: none was sent. */
  bearer(context: Context<WebEnv>): SessionRole | null | undefined {
    const header = context.req.header('authorization');
    if (header === undefined) return undefined;
    const token = bearerOf(header);
    return token === null ? null : this.sessions.roleOf(token);
  }

  /**
   * Somebody at this machine, as far as can be told: over loopback, under a name for it, and through no proxy. Not every
   * proxy says that it is one; where `console.url` names another machine there is one, so nobody is taken for local.
   */
  isLocal(context: Context<WebEnv>): boolean {
    const own = this.#rules.url();
    if (own !== null && !isLoopbackHost(new URL(own).host)) return false;
    if (!this.#rules.loopbackListener || !isOverLoopback(context)) return false;
    if (FORWARDED.some((name) => context.req.header(name) !== undefined)) return false;
    return isLoopbackHost(context.req.header('host') ?? '');
  }

  signIn(context: Context<WebEnv>, role: SessionRole, name: string): boolean {
    const text = this.sessions.open(role, name);
    if (text === null) return false;
    const secure = this.isSecure(context);
    setCookie(context, secure ? SECURE_COOKIE : COOKIE, text, {
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
      secure,
      maxAge: SESSION_MS / 1000,
    });
    return true;
  }

  signOut(context: Context<WebEnv>): void {
    deleteCookie(context, SECURE_COOKIE, { path: '/', secure: true });
    deleteCookie(context, COOKIE, { path: '/' });
  }

  /**
   * Does the reader's browser speak https with whoever stands before us? It says so by where the form is from; a proxy
   * may have put its own name for us in the place of the one that was asked for.
   */
  isSecure(context: Context<WebEnv>): boolean {
    const asked = new URL(context.req.url);
    if (asked.protocol === 'https:') return true;
    const own = URL.parse(this.#rules.url() ?? '');
    if (own?.protocol !== 'https:') return false;
    return own.host === asked.host || own.origin === context.req.header('origin');
  }

  /** May a form come from a page of this origin? */
  isOwnOrigin(origin: string, context: Context): boolean {
    return origin === new URL(context.req.url).origin || origin === this.#rules.url();
  }
}
