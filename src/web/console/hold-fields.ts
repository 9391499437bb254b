import { html } from 'hono/html';
import { catalogue } from './language.ts';
import type { Html, Visit } from './visit.ts';

const WORDS = catalogue({
  en: {
    owner: 'Your name',
    for: 'For',
    lengths: { '1h': '1 hour', '4h': '4 hours', '12h': '12 hours', '24h': '24 hours' },
    wrong: {
      owner: 'Say who you are, in 1 to 100 characters.',
      for: 'A link holds for 1, 4, 12 or 24 hours: choose one of them. For longer, sign in to the console.',
      instances: 'Tick at least one machine.',
    },
  },
  zh: {
    owner: '您的名字',
    for: '时长',
    lengths: { '1h': '1 小时', '4h': '4 小时', '12h': '12 小时', '24h': '24 小时' },
    wrong: {
      owner: '请填写您的名字，1 到 100 个字符。',
      for: '通过链接只能保留 1、4、12 或 24 小时，请从中选择。需要更久，请登录控制台。',
      instances: '请至少勾选一台实例。',
    },
  },
});

/** A link is for the hours until somebody is at a desk; whoever needs longer signs in. */
const LENGTHS = ['1h', '4h', '12h', '24h'] as const;
type Length = (typeof LENGTHS)[number];
const USUAL_LENGTH: Length = '4h';
const LONGEST_OWNER = 100;

/** What somebody wrote into the form of a link, as it came. */
export interface Given {
  readonly owner: string;
  readonly for: string;
  /** Those that are ticked, "account/id"; of a link to one machine none. */
  readonly instances: readonly string[];
}

export function givenIn(form: FormData): Given {
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const instances = form.getAll('instance').filter((value) => typeof value === 'string');
  return { owner: text('owner'), for: text('for'), instances };
}

export type Field = keyof typeof WORDS.en.wrong;

/** What of it cannot be taken, in the order of the form. `isOfMany`: machines are to be ticked. */
export function wrongIn(given: Given, isOfMany: boolean): readonly Field[] {
  const wrong: Field[] = [];
  if (isOfMany && given.instances.length === 0) wrong.push('instances');
  if (given.owner === '' || given.owner.length > LONGEST_OWNER) wrong.push('owner');
  if (!LENGTHS.some((length) => length === given.for)) wrong.push('for');
  return wrong;
}

/** Who holds and how long, with what was written before; each wrong one says what is asked for. */
export function holdFields(visit: Visit, given: Given | null, wrong: readonly Field[]): Html {
  const t = WORDS[visit.language];
  const chosen = LENGTHS.find((length) => length === given?.for) ?? USUAL_LENGTH;
  return html`<label>${t.owner}<input name="owner" required maxlength="${LONGEST_OWNER}" autocomplete="name" value="${given?.owner ?? ''}"${marked('owner', wrong)}></label>${wrongLine('owner', wrong, visit)}
<label>${t.for}<select name="for"${marked('for', wrong)}>${LENGTHS.map((length) => html`<option value="${length}"${length === chosen ? html` selected` : ''}>${t.lengths[length]}</option>`)}</select></label>${wrongLine('for', wrong, visit)}`;
}

/** For the field itself: screen readers say that it is wrong, and what is asked for; the first one is where one goes on. */
export function marked(field: Field, wrong: readonly Field[]): Html | string {
  if (!wrong.includes(field)) return '';
  return html` aria-invalid="true" aria-describedby="${field}-wrong"${wrong[0] === field ? html` autofocus` : ''}`;
}

export function wrongLine(field: Field, wrong: readonly Field[], { language }: Visit): Html | string {
  if (!wrong.includes(field)) return '';
  return html`<p class="wrong" id="${field}-wrong" role="alert">${WORDS[language].wrong[field]}</p>`;
}
