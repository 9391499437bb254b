import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sameSecret } from '../bearer.ts';

/** A shift, with what comes before and after it. */
export const SESSION_MS = 12 * 3_600_000;
const LONGEST_COOKIE = 1_000;

export type SessionRole = 'viewer' | 'control';

export interface Session {
  readonly role: SessionRole;
  /** As the reader called himself: stands in the audit, and is taken on trust like the names of the API. */
  readonly name: string;
  readonly expiresAt: number;
}

const BODY = z.strictObject({
  role: z.enum(['viewer', 'control']),
  name: z.string().max(100),
  expiresAt: z.number(),
  nonce: z.string(),
});

/** A key that can be told from the token as little as the token from it. */
export function keyFrom(token: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token, '', `lamplighter ${purpose}`, 32));
}

function signature(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

/**
 * Sessions as signed cookies: nothing is kept here, so any replica knows them, and they end with the token that they
 * were opened by. `tokens` is asked anew each time, since a reload may bring others.
 */
export class Sessions {
  readonly #tokens: (role: SessionRole) => string | null;
  readonly #now: () => number;

  constructor(tokens: (role: SessionRole) => string | null, now: () => number) {
    this.#tokens = tokens;
    this.#now = now;
  }

  /** What a token opens; `null`: nothing. Every comparison is made, whatever the first says. */
  roleOf(token: string): SessionRole | null {
    const [control, viewer] = (['control', 'viewer'] as const).map((role) => {
      const wanted = this.#tokens(role);
      return wanted !== null && sameSecret(token, wanted);
    });
    return control === true ? 'control' : viewer === true ? 'viewer' : null;
  }

  /** The cookie's text. `null`: that role has no token any more. */
  open(role: SessionRole, name: string): string | null {
    const key = this.#key(role);
    if (key === null) return null;
    const expiresAt = this.#now() + SESSION_MS;
    const body = JSON.stringify({ role, name, expiresAt, nonce: randomBytes(12).toString('base64url') });
    const text = Buffer.from(body).toString('base64url');
    return `${text}.${signature(key, text)}`;
  }

  read(cookie: string | undefined): Session | null {
    if (cookie === undefined || cookie.length > LONGEST_COOKIE) return null;
    const [text = '', mac = '', ...more] = cookie.split('.');
    const body = more.length > 0 ? null : bodyOf(text);
    if (body === null) return null;
    const key = this.#key(body.role);
    if (key === null || !sameSecret(mac, signature(key, text)) || !(body.expiresAt > this.#now())) return null;
    return { role: body.role, name: body.name, expiresAt: body.expiresAt };
  }

  /** What the forms of this session carry: a page elsewhere can send a form, and cannot read this. */
  csrf(cookie: string, session: Session): string | null {
    const token = this.#tokens(session.role);
    return token === null ? null : signature(keyFrom(token, 'console forms'), cookie);
  }

  #key(role: SessionRole): Buffer | null {
    const token = this.#tokens(role);
    return token === null ? null : keyFrom(token, `console session ${role}`);
  }
}

function bodyOf(text: string): z.infer<typeof BODY> | null {
  try {
    return BODY.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString())).data ?? null;
  } catch {
    return null;
  }
}
