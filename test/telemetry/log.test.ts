import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { describeError, type LogLevel, makeLog, scrubber } from '../../src/telemetry/log.ts';

const SECRET = 'c0ffee00-live-secret-canary';

function bed(options: { readonly level?: LogLevel; readonly secrets?: readonly string[] } = {}) {
  const written: string[] = [];
  const log = makeLog({
    level: options.level ?? 'debug',
    destination: { write: (line: string) => void written.push(line) },
    scrub: scrubber(() => options.secrets ?? [SECRET]),
  });
  const line = () => z.record(z.string(), z.unknown()).parse(JSON.parse(written.at(-1) ?? ''));
  return { log, written, line };
}

test('a line is one line of JSON: a constant sentence with fields beside it', () => {
  const { log, written, line } = bed();
  log.warn({ account: 'hxy', name: 'a\n"b"\u001b[2J\u202e' }, 'an account could not be listed');
  expect(written).toHaveLength(1);
  expect(written[0]?.trimEnd()).not.toContain('\n');
  expect(written[0]).not.toContain('\u001b');
  expect(line()).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    account: 'hxy',
    name: 'a\n"b"\u001b[2J\u202e',
    msg: 'an account could not be listed',
  });
});

test('only what the level asks for', () => {
  const { log, written } = bed({ level: 'warn' });
  log.debug('no');
  log.info('no');
  log.error('yes');
  expect(written).toHaveLength(1);
});

describe('a live secret', () => {
  const hung = Object.assign(new Error('refused'), {
    config: { headers: { authorization: SECRET } },
    response: { body: SECRET },
    code: 'EPROTO',
  });
  const cases: readonly (readonly [string, (log: ReturnType<typeof bed>['log']) => void])[] = [
    ['in the sentence', (log) => log.debug(`sent ${SECRET}`)],
    ['in a field', (log) => log.debug({ url: `https://x/?key=${SECRET}` }, 'sent')],
    ['deep in a field', (log) => log.debug({ a: { b: [{ c: { d: SECRET } }] } }, 'sent')],
    ['as a key', (log) => log.debug({ [SECRET]: 1 }, 'sent')],
    ['in the bindings of a child', (log) => log.child({ token: SECRET, at: `x${SECRET}y` }).debug('sent')],
    ['in an error', (log) => log.debug({ err: new Error(`refused ${SECRET}`) }, 'failed')],
    [
      'in the cause of a cause',
      (log) => log.debug({ err: new Error('a', { cause: new Error('b', { cause: new Error(SECRET) }) }) }, 'failed'),
    ],
    ['in an error itself', (log) => log.debug(new Error(`refused ${SECRET}`))],
    ['in one of several', (log) => log.debug({ err: new AggregateError([new Error(SECRET)], 'several') }, 'failed')],
    [
      'in the name of an error',
      (log) => log.debug({ err: Object.assign(new Error('x'), { name: SECRET, code: SECRET }) }, 'failed'),
    ],
    ['hung onto an error', (log) => log.debug({ err: hung }, 'failed')],
    ['hung onto an error under another name', (log) => log.debug({ reason: hung }, 'failed')],
    ['thrown bare', (log) => log.debug({ err: SECRET }, 'failed')],
    ['in a URL of its own', (log) => log.debug({ url: new URL(`redis://:${SECRET}@h/0`) }, 'connecting')],
    ['as bytes of a Map', (log) => log.debug({ map: new Map([[SECRET, SECRET]]) }, 'odd')],
  ];
  test.each(cases)('%s does not reach a line', (_name, write) => {
    const { log, written, line } = bed();
    write(log);
    expect(written).toHaveLength(1);
    expect(written[0]).not.toContain(SECRET);
    expect(line().level).toBe('debug');
  });

  test('what hangs on an error is not shown at all, secret or not', () => {
    const { log, line } = bed({ secrets: [] });
    log.error({ err: hung, reason: hung }, 'failed');
    const shown = { name: 'Error', message: 'refused', code: 'EPROTO', stack: expect.stringContaining('log.test.ts') };
    expect(line()).toMatchObject({ err: shown, reason: shown });
    expect(JSON.stringify(line())).not.toContain(SECRET);
  });

  test.each([
    'pass"word\\with/all',
    'tab\tand\nline-break',
    '密码是秘密的文字啊',
    'sp ace+plus%25&=',
    'quote"quote"quote',
  ])('whatever it is made of: %j', (secret) => {
    const { log, written } = bed({ secrets: [secret] });
    log.debug({ a: secret, b: `https://x/?k=${encodeURIComponent(secret)}`, c: JSON.stringify({ secret }) }, secret);
    const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
    for (const form of forms) expect(written[0]).not.toContain(form);
    expect(z.record(z.string(), z.unknown()).parse(JSON.parse(written[0] ?? ''))).toMatchObject({
      a: '[secret]',
      b: 'https://x/?k=[secret]',
      msg: '[secret]',
    });
  });

  test('the longest goes first, so that no rest of it stays', () => {
    const scrub = scrubber(() => ['abcdefgh', 'abcdefgh-and-the-rest']);
    expect(scrub('x abcdefgh-and-the-rest y abcdefgh')).toBe('x [secret] y [secret]');
  });

  const HOOK = 'https://ops:pass%2Fword-1@hooks.example/services/T0/B0/xoxb-2201-hook-canary?key=query-canary&v=1';
  test.each([
    [HOOK, HOOK],
    ['a URL in other words', new URL(HOOK).href],
    ['its path', '/services/T0/B0/xoxb-2201-hook-canary?key=query-canary&v=1'],
    ['a part of its path', 'B0/xoxb-2201-hook-canary'],
    ['a value of its query', 'query-canary'],
    ['its password', 'pass/word-1'],
    ['its password as it stands', 'pass%2Fword-1'],
    ['its user and password as a header has them', `Basic ${btoa('ops:pass/word-1')}`],
  ])('of an address also its parts: %s', (_name, text) => {
    const clean = scrubber(() => [HOOK])(`x ${text} y`);
    expect(clean).toContain('[secret]');
    for (const part of ['hook-canary', 'query-canary', 'word-1', btoa('ops:pass/word-1')]) {
      expect(clean).not.toContain(part);
    }
  });

  test('of a signing secret also what stands behind its mark', () => {
    expect(scrubber(() => ['whsec_c2VjcmV0LWNhbmFyeQ=='])('c2VjcmV0LWNhbmFyeQ==')).toBe('[secret]');
  });

  test('a short one is left alone, an empty one too', () => {
    expect(scrubber(() => ['', 'run', 'running'])('running is run')).toBe('running is run');
  });

  test('is looked up when the line is written: a rotated one counts at once', () => {
    let secrets = ['old-secret-1'];
    const scrub = scrubber(() => secrets);
    secrets = ['new-secret-2'];
    expect(scrub('old-secret-1 new-secret-2')).toBe('old-secret-1 [secret]');
  });
});

test('fields that are called secrets are hidden, known or not', () => {
  const { log, line } = bed({ secrets: [] });
  log.info({ token: 'a', password: 'b', request: { authorization: 'c', secret: 'd' }, kept: 'e' }, 'sent');
  expect(line()).toMatchObject({
    token: '[secret]',
    password: '[secret]',
    request: { authorization: '[secret]', secret: '[secret]' },
    kept: 'e',
  });
});

describe('describeError is bounded', () => {
  test('a loop of causes ends', () => {
    const loop = new Error('round');
    loop.cause = loop;
    const text = JSON.stringify(describeError(loop));
    expect(text.match(/"round"/g)?.length).toBe(6);
  });

  test('a chain of a thousand ends', () => {
    let error = new Error('deepest');
    for (let i = 0; i < 1_000; i += 1) error = new Error(`level ${i}`, { cause: error });
    expect(JSON.stringify(describeError(error)).length).toBeLessThan(20_000);
  });

  test('a page for a message is cut, and does not come back with the stack', () => {
    const described = describeError(new Error(`<html>\n${'at <b>x</b>\n'.repeat(100_000)}`));
    expect(described.message).toMatch(/… \(1200007 characters\)$/);
    expect(described.message.length).toBeLessThan(2_100);
    expect(described.stack).not.toContain('<b>');
    expect(described.stack?.split('\n').length).toBeLessThanOrEqual(7);
  });

  test('a thousand errors at once are the first few', () => {
    const many = new AggregateError(Array.from({ length: 1_000 }, (_, index) => new Error(`e${index}`)));
    expect(describeError(many).errors?.map(({ message }) => message)).toEqual(['e0', 'e1', 'e2', 'e3', 'e4']);
  });

  test.each([[undefined], [null], ['text'], [7], [{ message: SECRET }]])(
    '%j is no error, and is not shown',
    (thrown) => {
      expect(describeError(thrown)).toEqual({
        name: typeof thrown,
        message: 'something that is no Error was thrown',
      });
    },
  );
});
