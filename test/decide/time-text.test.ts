import { expect, it } from 'vitest';
import { inEnglish } from '../../src/decide/in-english.ts';
import { localText, utcText } from '../../src/decide/time-text.ts';
import { verify } from '../../src/decide/verdict.ts';
import { DAY, HOUR, instance, NOON } from './kit.ts';
import { operation } from './operation-kit.ts';

it('people read the time of their zone, to the second', () => {
  expect(localText(NOON + 123, 'Asia/Shanghai')).toBe('2026-10-08T12:00:00+08:00');
  expect(localText(NOON + 999, 'Europe/Berlin')).toBe('2026-10-08T06:00:00+02:00');
  expect(localText(Number.NaN, 'UTC')).toBe('NaN');
});

it('a name keeps its milliseconds, whatever the zone', () => {
  expect(utcText(NOON + 123)).toBe('2026-10-08T04:00:00.123Z');
});

it('what a look at a renewal tells is in the zone it is given', () => {
  const instanceNow = instance({ billing: 'daily', expiresAt: NOON + 2 * DAY });
  const reading = { instance: instanceNow, readStartedAt: NOON + HOUR, complete: true };
  const renewal = operation(
    { kind: 'renew', unit: 'daily', periods: 1 },
    { observed: { ...operation({ kind: 'stop' }).observed, expiresAt: NOON + DAY + 512 } },
  );
  const { detail } = verify(renewal, reading, NOON + HOUR + 1);
  expect(inEnglish(detail, 'Asia/Shanghai')).toBe(
    'its expiry moved from 2026-10-09T12:00:00+08:00 to 2026-10-10T12:00:00+08:00',
  );
});
