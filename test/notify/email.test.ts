import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Delivery } from '../../src/notify/channel.ts';
import { Email, type EmailOptions } from '../../src/notify/email.ts';
import { certificate } from './certificate.ts';
import { NOTIFICATION } from './kit.ts';
import { CHINESE, MESSAGE } from './messages.ts';
import { SmtpServer } from './smtp-server.ts';

const NOW = Date.UTC(2026, 10, 21, 4, 0, 7);
const PASSWORD = 'canary password "é"';
/** An address that leads to this machine and is none of its own, as that of any other server. */
const ELSEWHERE = '0.0.0.0';

let server: SmtpServer;
beforeAll(async () => {
  server = await new SmtpServer().start();
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => server.forget());

const forever = (): AbortSignal => new AbortController().signal;

function email(options: Partial<EmailOptions> = {}): Email {
  return new Email({
    name: 'mail',
    host: '127.0.0.1',
    port: server.port,
    secure: false,
    login: null,
    from: { name: '点灯人', address: 'lamplighter@example.com' },
    to: [
      { name: 'Ops, all', address: 'ops@example.com' },
      { name: '', address: 'wang@example.com' },
    ],
    now: () => NOW,
    timeoutMs: 5_000,
    ...options,
  });
}

const LOGIN = { user: 'lamp', password: () => PASSWORD };
const send = (options: Partial<EmailOptions> = {}, message = MESSAGE): Promise<Delivery> =>
  email(options).send(message, forever());

/** The headers of the mail that came, unfolded, and its parts, decoded. */
function theMail() {
  const [mail] = server.mails;
  if (mail === undefined || server.mails.length > 1) throw new Error('there was not exactly one mail');
  const [head = ''] = mail.data.split('\r\n\r\n', 1);
  const headers = new Map(
    head
      .replaceAll(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)] as const),
  );
  const parts = [...mail.data.matchAll(/Content-Transfer-Encoding: ([\w-]+)\r\n\r\n([\s\S]*?)\r\n--/g)].map(
    ([, encoding, text = '']) => decoded(encoding ?? '', text),
  );
  return { ...mail, headers, parts };
}

function decoded(encoding: string, text: string): string {
  if (encoding === 'base64') return Buffer.from(text, 'base64').toString('utf8');
  const bytes = text
    .replaceAll('=\r\n', '')
    .replaceAll(/=([\dA-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return encoding === 'quoted-printable' ? Buffer.from(bytes, 'latin1').toString('utf8') : text;
}

/** RFC 2047. */
function word(text: string): string {
  return text.replaceAll(/=\?UTF-8\?(?:B|Q)\?[^?]*\?=\s*/gi, (found) => {
    const [, , kind, body = ''] = found.split('?');
    return kind?.toUpperCase() === 'B'
      ? Buffer.from(body, 'base64').toString('utf8')
      : decoded('quoted-printable', body.replaceAll('_', ' '));
  });
}

describe('what is sent', () => {
  test('is one mail to all, as text and as HTML', async () => {
    expect(await send({}, CHINESE)).toEqual({ kind: 'delivered', answer: '250 2.0.0 queued as 4X1' });
    const { from, to, headers, parts, login } = theMail();
    expect({ from, to, login }).toEqual({
      from: 'lamplighter@example.com',
      to: ['ops@example.com', 'wang@example.com'],
      login: null,
    });
    expect(word(headers.get('subject') ?? '')).toBe('🟠 [Lamplighter] dev-01 将在 10 分钟后关机');
    expect(headers.get('subject')).toMatch(/^[ -~]+$/);
    expect(headers.get('to')).toBe('"Ops, all" <ops@example.com>, wang@example.com');
    expect(word(headers.get('from') ?? '')).toContain('点灯人');
    expect(headers.get('date')).toContain('21 Nov 2026 04:00:07');
    expect(headers.get('auto-submitted')).toBe('auto-generated');
    const [text, page] = parts;
    expect(text).toContain('实例：dev-01\r\n\r\nConsole：https://lamplighter.example.com/i/');
    expect(page).toContain('<td style="padding:2px 12px 2px 0;vertical-align:top">dev-01</td>');
    expect(page).toContain(`<a href="${CHINESE.links[0]?.url}">Console</a>`);
    expect(page).toContain('lang="zh-CN"');
  });

  test('a critical one is urgent, and its end is not', async () => {
    await send({}, { ...MESSAGE, severity: 'critical' });
    expect(theMail().headers.get('importance')).toBe('High');
    server.forget();
    await send({}, { ...MESSAGE, severity: 'critical', mood: 'recovered' });
    expect(theMail().headers.has('importance')).toBe(false);
  });

  test('names and titles of strangers end no header', async () => {
    await send({}, { ...MESSAGE, title: 'x\r\nBcc: evil@evil.example\r\n\r\nhello' });
    const { to, headers } = theMail();
    expect(to).toEqual(['ops@example.com', 'wang@example.com']);
    expect(headers.has('bcc')).toBe(false);
    expect(word(headers.get('subject') ?? '')).toContain('x Bcc: evil@evil.example hello');
  });
});

describe('threads', () => {
  const ids = async (message: typeof MESSAGE) => {
    server.forget();
    await send({}, message);
    const { headers } = theMail();
    return { id: headers.get('message-id'), references: headers.get('references'), reply: headers.get('in-reply-to') };
  };
  const about = (id: string, notification: Partial<typeof NOTIFICATION>) => ({
    ...MESSAGE,
    id,
    notifications: [{ ...NOTIFICATION, id, ...notification }],
  });

  test('the same message again has the same id', async () => {
    expect(await ids(MESSAGE)).toEqual(await ids(MESSAGE));
    expect((await ids(MESSAGE)).id).toBe('<n-01@example.com>');
  });

  test('what becomes of an announced act stands below its announcement', async () => {
    const announced = await ids(about('a', { event: 'decision.announced' }));
    const confirmed = await ids(about('b', { event: 'operation.confirmed' }));
    expect(confirmed.references).toBe(announced.references);
    expect(confirmed.id).not.toBe(announced.id);
    expect((await ids(about('c', { event: 'operation.confirmed', occurrence: 'later' }))).references).not.toBe(
      announced.references,
    );
  });

  test('an end answers its alarm', async () => {
    const low = about('low', { event: 'balance.low', instance: null, occurrence: 'x' });
    const well = about('well', { event: 'balance.recovered', instance: null, occurrence: 'y' });
    expect((await ids(well)).references).toBe((await ids(low)).references);
    const closing = await ids(about('d', { event: 'operation.confirmed', details: { closes: 'call-7' } }));
    expect(closing.reply).toBe('<call-7@example.com>');
    expect(closing.references?.split(' ')).toHaveLength(2);
  });

  test('a digest belongs nowhere', async () => {
    const two = { ...MESSAGE, notifications: [NOTIFICATION, NOTIFICATION] };
    expect(await ids(two)).toMatchObject({ references: undefined, reply: undefined });
  });
});

describe('TLS', () => {
  const before = getCACertificates('default');
  afterAll(() => setDefaultCACertificates(before));

  test('a server elsewhere without STARTTLS hears neither password nor mail', async () => {
    server.forget({ login: `lamp:${PASSWORD}` });
    expect(await send({ host: ELSEWHERE, login: LOGIN })).toMatchObject({
      kind: 'retry',
      hint: expect.stringContaining('465'),
    });
    expect(server.heard.filter((line) => /^(?:AUTH|MAIL)/.test(line))).toEqual([]);
  });

  test.each([{ secure: true }, { startTls: true }])('nor one whose certificate nobody knows: %j', async (rules) => {
    server.forget({ ...rules, login: `lamp:${PASSWORD}` });
    const { secure } = { secure: false, ...rules };
    const outcome = await send({ host: ELSEWHERE, login: LOGIN, secure });
    expect(outcome).toMatchObject({ kind: 'retry', detail: expect.stringContaining('self-signed') });
    expect(server.heard.filter((line) => /^(?:AUTH|MAIL)/.test(line))).toEqual([]);
  });

  test.each([{ secure: true }, { startTls: true }])('one that is known gets both: %j', async (rules) => {
    setDefaultCACertificates([...before, certificate]);
    server.forget({ ...rules, login: `lamp:${PASSWORD}` });
    const { secure } = { secure: false, ...rules };
    expect(await send({ host: ELSEWHERE, login: LOGIN, secure })).toMatchObject({ kind: 'delivered' });
    expect(theMail()).toMatchObject({ encrypted: true, login: `lamp:${PASSWORD}` });
  });

  test('this machine itself may do without, and with a certificate of its own', async () => {
    server.forget({ login: `lamp:${PASSWORD}` });
    expect(await send({ login: LOGIN })).toMatchObject({ kind: 'delivered' });
    server.forget({ startTls: true });
    expect(await send()).toMatchObject({ kind: 'delivered' });
    expect(theMail().encrypted).toBe(true);
  });
});

describe('what becomes of it', () => {
  test.each<[string, Readonly<Record<string, string>>, object]>([
    [
      'greylisted',
      { RCPT: '450 4.2.0 try later' },
      { kind: 'retry', detail: 'the mail server answered 450: 450 4.2.0 try later' },
    ],
    ['no such box', { RCPT: '550 5.1.1 no such user' }, { kind: 'failed', hint: null }],
    [
      'one of two',
      { 'RCPT TO:<wang': '550 5.1.1 no such user' },
      { kind: 'delivered', answer: '250 2.0.0 queued as 4X1; not for wang@example.com' },
    ],
    ['spam', { '.': '554 5.7.1 spam' }, { kind: 'failed', detail: 'the mail server answered 554: 554 5.7.1 spam' }],
    [
      'wants to know who we are',
      { MAIL: '530 5.7.0 log in first' },
      { kind: 'retry', hint: expect.stringContaining('passwordFile') },
    ],
    ['full', { '.': '452 4.3.1 no room' }, { kind: 'retry' }],
    ['busy', { greeting: '421 too busy' }, { kind: 'retry' }],
    ['not a mail server', { greeting: 'HTTP/1.1 400 Bad Request' }, { kind: 'retry' }],
  ])('%s', async (_case, says, expected) => {
    server.forget({ says });
    expect(await send()).toMatchObject(expected);
  });

  test('a wrong password has a hint, and is told to nobody although the server quotes it', async () => {
    server.forget({ login: 'lamp:other' });
    const outcome = await send({ login: LOGIN }, CHINESE);
    expect(outcome).toMatchObject({ kind: 'retry', hint: expect.stringContaining('授权码') });
    const quoted = Buffer.from(`\0lamp\0${PASSWORD}`).toString('base64');
    expect(JSON.stringify(outcome)).toContain('535');
    for (const secret of [PASSWORD, quoted]) expect(JSON.stringify(outcome)).not.toContain(secret);
  });

  test('silence ends with the time limit, and nobody there is told', async () => {
    server.forget({ says: { EHLO: '' } });
    expect(await send({ timeoutMs: 100 })).toEqual({
      kind: 'retry',
      detail: 'no mail sent within 0.1 s',
      afterMs: null,
    });
    expect(await send({ port: 1 })).toMatchObject({ kind: 'retry', detail: expect.stringContaining('ECONNREFUSED') });
  });

  test('whoever asked to stop gets the reason', async () => {
    server.forget({ says: { EHLO: '' } });
    const stop = new AbortController();
    const sent = email().send(MESSAGE, stop.signal);
    stop.abort(new Error('shutting down'));
    await expect(sent).rejects.toThrow('shutting down');
  });
});
