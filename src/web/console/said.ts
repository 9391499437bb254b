import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Said } from './visit.ts';

const COOKIE = 'lamplighter_said';
const SAID = z.object({ ok: z.boolean(), text: z.string() });
const LONGEST = 600;

/** Keeps what an action came to for the page that the browser goes on to. */
export function saySoon(context: Context, said: Said): void {
  const text = JSON.stringify({ ...said, text: said.text.slice(0, LONGEST) });
  const value = Buffer.from(text).toString('base64url');
  setCookie(context, COOKIE, value, { path: '/', httpOnly: true, sameSite: 'Strict', maxAge: 60 });
}

/** Told once. */
export function takeSaid(context: Context): Said | null {
  const value = getCookie(context, COOKIE);
  if (value === undefined) return null;
  deleteCookie(context, COOKIE, { path: '/' });
  try {
    return SAID.safeParse(JSON.parse(Buffer.from(value, 'base64url').toString())).data ?? null;
  } catch {
    return null;
  }
}

/** An address of this console; anything else becomes its first page, so that no link can lead elsewhere. */
export function localPath(text: string | undefined): string {
  const isLocal = text !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(text) && !text.includes('\\');
  return isLocal ? text : '/';
}
