import { httpProblem } from '../../config/addresses.ts';
import { mailHostProblem, parseMailbox } from '../../config/mailbox.ts';
import { secretProblem } from '../../config/secret.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import { unknownName } from '../../fleet/unknown-name.ts';
import type { Asker, Problem } from '../asker.ts';
import { EXIT, UserError } from '../exit.ts';
import {
  type Answers,
  type GivenSecret,
  type HookType,
  INIT_NOTIFIERS,
  type InitNotifier,
  SIGNING,
} from './answers.ts';

/** Who is told, as the command line says it; each of these is then not asked. */
export interface NotifierFlags {
  readonly notifier?: string;
  readonly notifierUrlFile?: string;
  readonly notifierSecretFile?: string;
  readonly mailHost?: string;
  readonly mailFrom?: string;
  readonly mailTo?: readonly string[];
  readonly mailUser?: string;
  readonly mailPasswordFile?: string;
}

/** What questions need; `ask` `null`: nobody can be asked. */
export interface Asking {
  readonly ask: Asker | null;
  /** A secret in a file, or one that is typed and goes into `own`. */
  readonly secret: (
    flag: string | undefined,
    own: string,
    about: { readonly what: string; readonly flag: string; readonly problem: Problem },
  ) => Promise<GivenSecret>;
}

const NAMES: Readonly<Record<InitNotifier, string>> = {
  feishu: '飞书 (feishu), a group bot',
  dingtalk: '钉钉 (dingtalk), a group bot',
  wecom: '企业微信 (wecom), a group bot',
  slack: 'Slack, an incoming webhook',
  email: 'email, by a mail server of yours',
  alertmanager: 'Alertmanager of Prometheus',
  webhook: 'webhook: JSON to an address of yours',
  none: 'none for now',
};

const USUAL_ALERTMANAGER = 'http://127.0.0.1:9093';

/** Which of the flags a type has no use for would be dropped silently otherwise. */
const MAIL_FLAGS = {
  mailHost: '--mail-host',
  mailFrom: '--mail-from',
  mailTo: '--mail-to',
  mailUser: '--mail-user',
  mailPasswordFile: '--mail-password-file',
} as const;

/** @throws UserError for what is missing or cannot be */
export async function collectNotifier(flags: NotifierFlags, asking: Asking): Promise<Answers['notifier']> {
  const type = flags.notifier === undefined ? await askType(flags, asking.ask) : aNotifier(flags.notifier);
  if (type !== 'email') {
    for (const [key, flag] of Object.entries(MAIL_FLAGS))
      if (Object.hasOwn(flags, key)) throw new UserError(`${flag} is for --notifier email`, EXIT.usage);
  }
  switch (type) {
    case 'none':
      return null;
    case 'email':
      return await mail(flags, asking);
    case 'alertmanager':
      return await alertmanager(flags, asking);
    case 'feishu':
    case 'dingtalk':
    case 'wecom':
    case 'slack':
    case 'webhook':
      return await hook(type, flags, asking);
    default:
      return assertNever(type);
  }
}

async function askType(flags: NotifierFlags, ask: Asker | null): Promise<InitNotifier> {
  if (ask === null) {
    if (flags.notifierUrlFile !== undefined || flags.mailHost !== undefined) throw missing('--notifier');
    return 'none';
  }
  return await ask.one(
    'Who is told?',
    INIT_NOTIFIERS.map((value) => ({ value, name: NAMES[value] })),
  );
}

async function hook(type: HookType, flags: NotifierFlags, asking: Asking): Promise<Answers['notifier']> {
  const url = await asking.secret(flags.notifierUrlFile, 'secrets/ops_url', {
    what: `address of the ${type} receiver`,
    flag: '--notifier-url-file',
    problem: httpProblem,
  });
  return { kind: 'hook', type, url, secret: await signing(type, flags, asking) };
}

async function signing(type: HookType, { notifierSecretFile: file }: NotifierFlags, { ask, secret }: Asking) {
  if (file === undefined) {
    if (ask === null || !SIGNING.includes(type)) return null;
    if (!(await ask.yes('Does the receiver check a signature (签名校验, 加签, Standard Webhooks)?', false)))
      return null;
  } else if (!SIGNING.includes(type)) throw uselessSecret(type);
  return await secret(file, 'secrets/ops_secret', {
    what: `signing secret of the ${type} receiver`,
    flag: '--notifier-secret-file',
    problem: secretProblem,
  });
}

/** Its address is no secret, so that it is asked for in the open and stands in the configuration. */
async function alertmanager(flags: NotifierFlags, { ask, secret }: Asking): Promise<Answers['notifier']> {
  if (flags.notifierSecretFile !== undefined) throw uselessSecret('alertmanager');
  const what = { what: 'address of the Alertmanager', flag: '--notifier-url-file', problem: httpProblem };
  if (flags.notifierUrlFile !== undefined || ask === null)
    return { kind: 'alertmanager', url: await secret(flags.notifierUrlFile, 'secrets/ops_url', what) };
  return { kind: 'alertmanager', url: await ask.text('Where is the Alertmanager?', USUAL_ALERTMANAGER, httpProblem) };
}

async function mail(flags: NotifierFlags, { ask, secret }: Asking): Promise<Answers['notifier']> {
  if (flags.notifierUrlFile !== undefined)
    throw new UserError('mail has no address of a receiver: --mail-host, --mail-from and --mail-to', EXIT.usage);
  if (flags.notifierSecretFile !== undefined) throw uselessSecret('email');
  const said = async (flag: string | undefined, name: string, question: string, problem: Problem) => {
    if (flag === undefined && ask === null) throw missing(name);
    const text = flag ?? (await ask?.text(question, '', problem)) ?? '';
    const wrong = problem(text);
    if (wrong !== null) throw new UserError(`${name} ${JSON.stringify(text)}: ${wrong}`, EXIT.usage);
    return text.trim();
  };
  const host = await said(flags.mailHost, '--mail-host', 'The mail server, such as smtp.example.com', mailHostProblem);
  const from = await said(
    flags.mailFrom,
    '--mail-from',
    'Whom mail comes from, such as lamplighter@example.com',
    boxProblem,
  );
  const to = await said(
    flags.mailTo?.join(','),
    '--mail-to',
    'Who gets it (several with commas)',
    (text) =>
      text
        .split(',')
        .map(boxProblem)
        .find((wrong) => wrong !== null) ?? null,
  );
  const user = flags.mailUser ?? (await askUser(from, flags, ask));
  if (user === null) return { kind: 'email', host, from, to: listOf(to), login: null };
  const password = await secret(flags.mailPasswordFile, 'secrets/ops_password', {
    what: 'password of the mail server (with QQ, 163 and Gmail a code made for programs)',
    flag: '--mail-password-file',
    problem: secretProblem,
  });
  return { kind: 'email', host, from, to: listOf(to), login: { user, password } };
}

async function askUser(from: string, { mailPasswordFile }: NotifierFlags, ask: Asker | null): Promise<string | null> {
  const own = parseMailbox(from)?.address ?? '';
  // Most servers take the address of the sender for the user.
  if (ask === null) return mailPasswordFile === undefined ? null : own;
  if (mailPasswordFile === undefined && !(await ask.yes('Does the mail server ask for a user and a password?', true)))
    return null;
  return await ask.text('Which user?', own, (text) => (text.trim() === '' ? 'is missing' : null));
}

function listOf(text: string): readonly string[] {
  return text.split(',').map((each) => each.trim());
}

function boxProblem(text: string): string | null {
  return parseMailbox(text.trim()) === null ? 'is no mailbox such as ops@example.com' : null;
}

function uselessSecret(type: InitNotifier): UserError {
  return new UserError(`${type} signs nothing, so --notifier-secret-file has no use`, EXIT.usage);
}

export function missing(flag: string): UserError {
  return new UserError(`there is no terminal to ask at, so ${flag} is needed`, EXIT.usage);
}

function aNotifier(word: string): InitNotifier {
  const known = INIT_NOTIFIERS.find((kind) => kind === word);
  if (known === undefined) throw new UserError(unknownName('notifier', word, INIT_NOTIFIERS), EXIT.usage);
  return known;
}
