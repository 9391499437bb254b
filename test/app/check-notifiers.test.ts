import { expect, test } from 'vitest';
import { checkNotifiers } from '../../src/app/doctor/check-notifiers.ts';
import type { Delivery } from '../../src/notify/channel.ts';
import type { Message } from '../../src/notify/message.ts';
import { Notifier } from '../../src/notify/notifier.ts';

const sent: Message[] = [];

function notifier(name: string, outcome: Delivery): [string, Notifier] {
  const channel = {
    name,
    kind: 'feishu',
    reader: 'person' as const,
    limits: [],
    send: (message: Message) => {
      sent.push(message);
      return Promise.resolve(outcome);
    },
  };
  const how = { routes: [], language: 'zh-CN' as const, zone: 'UTC', quietUntil: () => null, repeatEveryMs: null };
  return [name, new Notifier({ channel, ...how })];
}

const NOTIFIERS = new Map([
  notifier('fine', { kind: 'delivered', answer: 'code 0: success' }),
  notifier('wrong', { kind: 'failed', detail: 'feishu answered code 19024', hint: '设置 keyword' }),
  notifier('odd', { kind: 'failed', detail: 'feishu answered 404', hint: null }),
  notifier('quiet', { kind: 'muted', detail: 'feishu answered code 11232', forMs: 60_000 }),
  notifier('away', { kind: 'retry', detail: 'not delivered: ECONNREFUSED', afterMs: null }),
]);
const ask = (send: boolean) => checkNotifiers(NOTIFIERS, { send, now: 0, signal: new AbortController().signal });

test('without being told to, nothing is sent', async () => {
  expect((await ask(false)).map(({ level, found }) => `${level}: ${found}`)).toEqual(
    Array.from({ length: 5 }, () => 'ok: feishu, configured'),
  );
  expect(sent).toEqual([]);
});

test('with --send each is sent a test in its language, and its answer is told', async () => {
  const findings = await ask(true);
  expect(findings.map(({ subject, level, found, mend }) => [subject, level, found, mend])).toEqual([
    ['fine', 'ok', 'feishu took the test message: code 0: success', null],
    ['wrong', 'broken', 'feishu answered code 19024', '设置 keyword'],
    ['odd', 'broken', 'feishu answered 404', 'what the answer means: docs/channels.md'],
    [
      'quiet',
      'warning',
      'feishu answered code 11232; it takes nothing for 1m',
      'does anything else use it? docs/channels.md',
    ],
    ['away', 'warning', 'not delivered: ECONNREFUSED', 'try again by itself: lamplighter notify test away'],
  ]);
  expect(sent).toHaveLength(5);
  expect(sent[0]?.title).toBe('Lamplighter 测试消息：通知对象 fine 可用');
});
