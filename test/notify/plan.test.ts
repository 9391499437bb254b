import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { assertNever } from '../../src/fleet/assert-never.ts';
import { SEVERITIES, type Severity } from '../../src/fleet/event.ts';
import type { Parcel, Words } from '../../src/fleet/parcel.ts';
import { compose } from '../../src/notify/compose.ts';
import { dingTalkBody } from '../../src/notify/dingtalk.ts';
import { mailOf } from '../../src/notify/email.ts';
import { feishuCard } from '../../src/notify/feishu.ts';
import type { Message } from '../../src/notify/message.ts';
import {
  GROUP_WINDOW_MS,
  MOST_IN_ONE,
  MOST_MESSAGES,
  type PlanRules,
  plan,
  type Waiting,
} from '../../src/notify/plan.ts';
import { slackBody } from '../../src/notify/slack.ts';
import { weComBody } from '../../src/notify/wecom.ts';
import { parcel } from './kit.ts';
import { NOBODY } from './messages.ts';

const NOW = 1_000_000;
const PERSON: PlanRules = { reader: 'person', quietUntil: null, cameQuietly: () => false, digest: false };

interface Row {
  readonly id: string;
  readonly group?: string;
  readonly severity?: Severity;
  readonly dueAt?: number;
  readonly tries?: number;
  readonly closes?: string;
}

function waiting(rows: readonly Row[]): readonly Waiting[] {
  return rows.map(({ id, group = 'g', severity = 'warning', dueAt = NOW, tries = 0, closes = null }, index) => ({
    parcel: parcel({ id, group, severity, closes }),
    seq: index,
    cameAt: dueAt - GROUP_WINDOW_MS,
    dueAt,
    tries,
  }));
}

/** "send one a" | "wait 5" | "nothing" */
function planned(rows: readonly Row[], rules: Partial<PlanRules> = {}, now = NOW): string {
  const next = plan(waiting(rows), now, { ...PERSON, ...rules });
  switch (next.kind) {
    case 'send':
      return `${next.form} ${next.batch.map(idOf).join(' ')}`;
    case 'send-each':
      return `each ${next.batch.map(idOf).join(' ')}`;
    case 'wait':
      return `wait ${next.until - now}`;
    case 'nothing':
      return next.kind;
    default:
      return assertNever(next);
  }
}

const idOf = (one: Waiting) => one.parcel.notification.id;

describe('what leaves next to a person', () => {
  test.each<[string, readonly Row[], Partial<PlanRules>, string]>([
    ['nothing', [], {}, 'nothing'],
    ['one whose moment is over', [{ id: 'a' }], {}, 'one a'],
    ['one that came just now waits for more of its kind', [{ id: 'a', dueAt: NOW + 900 }], {}, 'wait 900'],
    ['several of a group are one message', [{ id: 'a' }, { id: 'b' }, { id: 'c' }], {}, 'group a b c'],
    [
      'what came within the moment of the first goes with it',
      [{ id: 'a' }, { id: 'b', dueAt: NOW + 9_000 }],
      {},
      'group a b',
    ],
    [
      'two groups are two messages, the older first',
      [{ id: 'a' }, { id: 'b', group: 'h' }, { id: 'c' }],
      {},
      'group a c',
    ],
    [
      'too many groups are one',
      Array.from({ length: MOST_MESSAGES + 1 }, (_, i) => ({ id: `n${i}`, group: `g${i}` })),
      {},
      'digest n0 n1 n2 n3',
    ],
    ['after a mute everything is one', [{ id: 'a' }, { id: 'b', group: 'h' }], { digest: true }, 'digest a b'],
    [
      'what is critical waits for nothing, and is told by itself',
      [{ id: 'a' }, { id: 'b', severity: 'critical' }],
      {},
      'one b',
    ],
    ['what was tried in vain waits for its time', [{ id: 'a', tries: 1, dueAt: NOW + 5_000 }], {}, 'wait 5000'],
    ['in quiet hours information waits', [{ id: 'a', severity: 'info' }], { quietUntil: NOW + 60_000 }, 'wait 60000'],
    [
      'and nothing else does',
      [
        { id: 'a', severity: 'info' },
        { id: 'b', severity: 'warning' },
      ],
      { quietUntil: NOW + 60_000 },
      'one b',
    ],
    [
      'who was alarmed hears in the night that it is over',
      [{ id: 'a', severity: 'info', closes: 'account/x' }],
      { quietUntil: NOW + 60_000 },
      'one a',
    ],
    [
      'what waited through the quiet hours is one',
      [
        { id: 'a', severity: 'info' },
        { id: 'b', severity: 'info', group: 'h' },
      ],
      { cameQuietly: () => true },
      'digest a b',
    ],
  ])('%s', (_what, rows, rules, expected) => {
    expect(planned(rows, rules)).toBe(expected);
  });
});

test('a program gets each by itself, what is due and no more at once than it can bear', () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({ id: `n${i}`, severity: 'critical' as const }));
  expect(planned([...rows, { id: 'late', dueAt: NOW + 1 }], { reader: 'program' })).toBe(
    `each ${rows
      .slice(0, 16)
      .map(({ id }) => id)
      .join(' ')}`,
  );
  expect(planned([{ id: 'late', dueAt: NOW + 1 }], { reader: 'program' })).toBe('wait 1');
});

const row = (ids: fc.Arbitrary<string>) =>
  fc.record({
    id: ids,
    group: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    severity: fc.constantFrom(...SEVERITIES),
    dueAt: fc.integer({ min: NOW - 20_000, max: NOW + 20_000 }),
    tries: fc.constantFrom(0, 0, 0, 1, 5),
  });

describe('whatever waits', () => {
  const quiet = fc.option(fc.integer({ min: NOW, max: NOW + 60_000 }));
  const rules = fc.record({
    reader: fc.constantFrom('person' as const, 'program' as const),
    quiet,
    cameQuietly: fc.boolean(),
    digest: fc.boolean(),
  });
  const rows = fc.uniqueArray(row(fc.uuid()), { selector: ({ id }) => id, maxLength: 250 });

  test('is told once, and all of it, in the order in which it came within a group', () => {
    fc.assert(
      fc.property(rows, rules, (all, { reader, quiet: quietUntil, cameQuietly, digest }) => {
        let left = waiting(all);
        let now = NOW;
        const told: Waiting[] = [];
        for (let round = 0; left.length > 0; round += 1) {
          // Every round sends something or waits for a later time, so that it comes to an end.
          expect(round).toBeLessThan(2 * all.length + 5);
          const isQuiet = quietUntil !== null && now < quietUntil;
          const next = plan(left, now, {
            reader,
            quietUntil: isQuiet ? quietUntil : null,
            cameQuietly: () => cameQuietly,
            digest,
          });
          if (next.kind === 'nothing') throw new Error('something waits and nothing is planned');
          if (next.kind === 'wait') {
            expect(next.until).toBeGreaterThan(now);
            now = next.until;
            continue;
          }
          expect(next.batch.length).toBeGreaterThan(0);
          expect(next.batch.length).toBeLessThanOrEqual(MOST_IN_ONE);
          if (isQuiet) expect(next.batch.every((one) => one.parcel.notification.severity !== 'info')).toBe(true);
          told.push(...next.batch);
          left = left.filter((one) => !next.batch.includes(one));
        }
        expect(new Set(told.map(idOf)).size).toBe(all.length);
        expect(told).toHaveLength(all.length);
        // Critical ones overtake; within a group and a severity nothing does, unless it had to wait for its next try.
        for (const [, same] of Map.groupBy(
          told.filter(({ tries, parcel: { notification } }) => tries === 0 && notification.severity === 'warning'),
          ({ parcel: { group } }) => group,
        )) {
          if (reader === 'person')
            expect(same.map(({ seq }) => seq)).toEqual(same.map(({ seq }) => seq).toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('is counted in full by the message that is made of it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(row(fc.uuid()), { selector: ({ id }) => id, minLength: 2, maxLength: 120 }), (all) => {
        const parcels = waiting(all).map((one) => one.parcel);
        const message = compose('digest', parcels, { language: 'en', zone: 'UTC' });
        expect(message.notifications.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
        expect(message.title).toContain(String(all.length));
        expect(message.mood).toBe('digest');
        expect(message.severity).toBe(SEVERITIES.findLast((each) => all.some(({ severity }) => severity === each)));
        // The groups that are named, with how many each has, and what is only counted, make up all.
        const counted = message.lines.reduce((sum, { label, text }) => {
          const many = /^(\d+) of/.exec(label)?.[1];
          const more = label === '' ? /^and (\d+) more$/.exec(text)?.[1] : undefined;
          return sum + Number(many ?? more ?? 1);
        }, 0);
        expect(counted).toBe(all.length);
      }),
      { numRuns: 60 },
    );
  });
});

test('of several is told what is true of all of them, once', () => {
  const [todo, same] = [
    { label: 'To do', text: 'look in the cloud’s console' },
    { label: 'Next', text: 'it goes on' },
  ];
  const of = (id: string, manyLines: Words['manyLines']) => ({
    ...parcel({ id }),
    words: { ...parcel({ id }).words, manyLines },
  });
  const lines = (...all: readonly Parcel[]) =>
    compose('group', all, { language: 'en', zone: 'UTC' }).lines.map(({ label, text }) => `${label}|${text}`);
  expect(lines(of('a', [same, todo]), of('b', [todo, same]))).toEqual([
    'Next|it goes on',
    'To do|look in the cloud’s console',
    '|item a',
    '|item b',
  ]);
  expect(lines(of('a', [same, todo]), of('b', [todo, { ...same, text: 'it ends' }]), of('c', [todo]))).toEqual([
    'To do|look in the cloud’s console',
    '|item a',
    '|item b',
    '|item c',
  ]);
});

describe('a group of machines that somebody may hold', () => {
  const CONSOLE = { label: 'Console', url: 'https://lamps.example.com/' };
  const ALL = { label: 'Hold some or all', url: 'https://lamps.example.com/hold/all' };
  const machines = (count: number, itemEvidence = 'idle since 22:20') =>
    Array.from({ length: count }, (_, i) => {
      const one = parcel({ id: `n${i}` });
      const hold = { label: 'Hold it', url: `https://lamps.example.com/hold/${i}` };
      return { ...one, words: { ...one.words, itemEvidence, links: [hold, CONSOLE], manyLinks: [ALL] } };
    });
  const told = (count: number, language: 'en' | 'zh-CN' = 'en', evidence?: string) =>
    compose('group', machines(count, evidence), { language, zone: 'UTC' });

  test('says of each what it rests on, and has its link beside it', () => {
    expect(told(2).lines.slice(-2)).toEqual([
      {
        label: '',
        text: 'item n0; idle since 22:20',
        tells: 1,
        link: { label: 'Hold it', url: 'https://lamps.example.com/hold/0' },
      },
      {
        label: '',
        text: 'item n1; idle since 22:20',
        tells: 1,
        link: { label: 'Hold it', url: 'https://lamps.example.com/hold/1' },
      },
    ]);
    expect(told(2, 'zh-CN').lines.at(-1)?.text).toBe('item n1；idle since 22:20');
    expect(told(2, 'en', '').lines.at(-1)?.text).toBe('item n1');
  });

  test('keeps what a machine rests on short, and cuts between characters', () => {
    const text = told(2, 'zh-CN', '依据'.repeat(100)).lines.at(-1)?.text ?? '';
    expect(text).toMatch(/^item n1；(?:依据)+依?…$/);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(Buffer.byteLength('item n1；') + 160);
  });

  test('has one link for all of them, and one to the console, however many they are', () => {
    for (const count of [2, 6, MOST_IN_ONE]) {
      expect(told(count).links).toEqual([ALL, CONSOLE]);
      expect(told(count).lines.filter(({ link }) => link !== undefined)).toHaveLength(count);
    }
  });

  test.each<[string, (message: Message) => string, number]>([
    ['feishu', (message) => JSON.stringify(feishuCard(message, { keyword: null, mentions: NOBODY })), 20 * 1024],
    ['dingtalk', (message) => JSON.stringify(dingTalkBody(message, { keyword: null, mentions: NOBODY })), 12_000],
    ['wecom', (message) => contentOf(weComBody(message, NOBODY)), 4_096],
    ['wecom to everybody', (message) => contentOf(weComBody(message, { ...NOBODY, info: ['all'] })), 2_048],
    ['slack', (message) => JSON.stringify(slackBody(message, NOBODY)), 20_000],
    ['mail', (message) => mailOf(message, BOX, [BOX], 0).text, 64 * 1024],
  ])('by %s loses links before machines, and counts the machines that it loses', (_name, render, most) => {
    for (const count of [2, 6, 20, MOST_IN_ONE]) {
      const message = told(count, 'zh-CN', '自 2026-11-22 22:20 起空闲（jupyter: 没有内核在忙）');
      const body = render(message);
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(most);
      const items = new Set(body.match(/item n\d+；/g) ?? []).size;
      // One for all of them may stand beside those of each.
      const links = new Set(body.match(/hold\/\d+/g) ?? []).size;
      expect(items + Number(/另有 (\d+) 条/.exec(body)?.[1] ?? 0)).toBe(count);
      if (items < count) expect(links).toBe(0);
      if (count === 6) expect([items, links]).toEqual([6, 6]);
      for (const { url } of [ALL, CONSOLE]) expect(body).toContain(url);
    }
  });
});

const BOX = { name: 'ops', address: 'ops@example.com' };

const WECOM = z.union([
  z.object({ markdown: z.object({ content: z.string() }) }).transform(({ markdown }) => markdown.content),
  z.object({ text: z.object({ content: z.string() }) }).transform(({ text }) => text.content),
]);

function contentOf(body: object): string {
  return WECOM.parse(body);
}
