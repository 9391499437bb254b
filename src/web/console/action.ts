import type { Context } from 'hono';
import type { z } from 'zod';
import { sameSecret } from '../bearer.ts';
import type { WebEnv } from '../own-host.ts';
import type { Done } from '../source.ts';
import type { Access } from './access.ts';
import { catalogue, type Language, languageOf } from './language.ts';
import { unmasked } from './masked.ts';
import { localPath, saySoon } from './said.ts';
import type { Said } from './visit.ts';

/** Something that a form asks for. Needs the role `control`. */
export interface Action {
  /** Below `/actions/`. */
  readonly path: string;
  /** `form` holds the texts of the form's fields; `by` is who signed in. */
  run(form: Readonly<Record<string, string>>, by: string, language: Language): Promise<Said>;
}

const WORDS = catalogue({
  en: { stale: 'This page is from an earlier session. Sign in, and try again.', done: 'Done.' },
  zh: { stale: '这个页面来自以前的登录。请登录后再试。', done: '已完成。' },
});

/** An action whose fields are checked by a schema: what does not fit is told and not done. */
export function action<T>(
  path: string,
  schema: z.ZodType<T>,
  run: (input: T, by: string, language: Language) => Promise<Said>,
): Action {
  return {
    path,
    run: async (form, by, language) => {
      const parsed = schema.safeParse(form);
      if (parsed.success) return await run(parsed.data, by, language);
      const first = parsed.error.issues[0];
      return { ok: false, text: `${first?.path.join('.') ?? ''}: ${first?.message ?? ''}` };
    },
  };
}

/** What the daemon answered, in a sentence; `done` where it did it. */
export function saidOf(answer: Done, done: string): Said {
  return answer.kind === 'done' ? { ok: true, text: done } : { ok: false, text: answer.message };
}

/** Checks who asks, does it, and goes back to the page; a page with our script gets the answer itself. */
export async function runAction(asked: Action, context: Context<WebEnv>, access: Access): Promise<Response> {
  const language = languageOf(context);
  const form = await formOf(context);
  const { csrf: given = '', back, ...fields } = form;
  const { role, session, csrf } = access.asking(context);
  const isAllowed = role === 'control' && session !== null && csrf !== null && isProof(given, csrf);
  const said: Said = isAllowed
    ? await asked.run(fields, session.name, language)
    : { ok: false, text: WORDS[language].stale };
  if ((context.req.header('accept') ?? '').includes('application/json')) {
    return context.json(said, isAllowed ? (said.ok ? 200 : 409) : 403);
  }
  saySoon(context, said);
  return context.redirect(localPath(back), 303);
}

/** Pages have the proof masked; what is sent of them live, uncompressed, as it is. */
function isProof(given: string, csrf: string): boolean {
  return sameSecret(given, csrf) || sameSecret(unmasked(given), csrf);
}

export async function formDataOf(context: Context): Promise<FormData> {
  return await context.req.formData().catch(() => new FormData());
}

/** The texts of a form; what is no form is an empty one. */
export async function formOf(context: Context): Promise<Readonly<Record<string, string>>> {
  const data = await formDataOf(context);
  const form: Record<string, string> = {};
  for (const [key, value] of data) if (typeof value === 'string') form[key] = value;
  return form;
}
