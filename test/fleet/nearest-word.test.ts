import { expect, test } from 'vitest';
import { nearestWord } from '../../src/fleet/nearest-word.ts';

test.each([
  ['cooldwon', ['cooldown', 'catchUp'], 'cooldown'],
  ['IDLEFOR', ['idleFor', 'during'], 'idleFor'],
  ['nam', ['name', 'mam'], 'name'],
  ['dat', ['day', 'date'], 'day'],
  ['x', ['y'], 'y'],
  ['expiresWithin', ['during', 'cron'], null],
  ['', ['a'], null],
  ['a'.repeat(65), ['a'.repeat(65)], null],
  ['mode', [], null],
])('%s among %j: %s', (word, candidates, expected) => {
  expect(nearestWord(word, candidates)).toBe(expected);
});
