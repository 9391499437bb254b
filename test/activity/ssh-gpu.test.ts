import fc from 'fast-check';
import { describe, test } from 'vitest';
import { gpuSignals } from '../../src/activity/ssh/gpu-signal.ts';
import { expect } from '../support/in-words.ts';
import { card, facts, QUIET, samples, steady } from './ssh-facts.ts';

/** The GPU's own signal, of as many rented cards. */
function gpu(text: string, rented: number | null = 1, tail = QUIET) {
  const [first] = gpuSignals(facts({ gpu: text, tail }), rented, 5);
  if (first === undefined) throw new Error('no signal');
  return first;
}

const idle2080s = card({ draw: '39.00', limit: '250.00', sm: '765', maxSm: '2100' });
const idle4080s = card({ draw: '26.00', sm: '210' });
const idleH100 = card({ draw: '70.00', limit: '700.00', sm: '345', maxSm: '1980' });
const busyH100 = card({ util: '100', draw: '632.00', limit: '700.00', sm: '1980', maxSm: '1980' });
const migIdle = card({ util: '[N/A]', draw: '78.00', limit: '700.00', sm: '345', maxSm: '1980', mig: 'Enabled' });
const migBusy = card({ util: '[N/A]', draw: '295.00', limit: '700.00', sm: '1980', maxSm: '1980', mig: 'Enabled' });
const migBetween = card({ util: '[N/A]', draw: '110.00', limit: '700.00', sm: '1980', maxSm: '1980', mig: 'Enabled' });
const l40sWaking = card({
  util: '100',
  draw: '145.00',
  limit: '350.00',
  sm: '2520',
  maxSm: '2520',
  persistence: 'Disabled',
});
const l40sQuiet = card({
  util: '0',
  draw: '36.00',
  limit: '350.00',
  sm: '210',
  maxSm: '2520',
  persistence: 'Disabled',
});
const l40sBusy = card({
  util: '9',
  draw: '110.00',
  limit: '350.00',
  sm: '2520',
  maxSm: '2520',
  persistence: 'Disabled',
});

describe('what real cards were seen to say', () => {
  test.each([
    ['a 2080 Super, idle', steady(idle2080s), 1, 'idle', 0],
    ['a 4080 Super, idle', steady(idle4080s), 1, 'idle', 0],
    ['an H100, idle in P0', steady(idleH100), 1, 'idle', 0],
    ['an H100 at work', steady(busyH100), 1, 'active', 100],
    [
      'an idle L40S whose driver wakes for the question',
      samples([[l40sWaking], [l40sQuiet], [l40sQuiet], [l40sQuiet]]),
      1,
      'idle',
      0,
    ],
    ['an L40S that goes on showing 100 %: nobody can tell', steady(l40sWaking), 1, 'active', 100],
    ['an L40S at work with 9 %', steady(l40sBusy), 1, 'active', 9],
    ['MIG, idle', steady(migIdle), 1, 'idle', null],
    ['MIG at work', steady(migBusy), 1, 'active', null],
    ['MIG in between', steady(migBetween), 1, 'unknown', null],
    ['MIG whose utilisation stands at 0 while it works', steady(migBusy.replace('[N/A]', '0')), 1, 'active', null],
  ] as const)('%s', (_name, text, rented, verdict, value) => {
    expect(gpu(text, rented)).toMatchObject({ verdict, value, judges: 'work', unit: '%', threshold: 5 });
  });

  test('MIG, idle by power and clock, with a process on it: not proven', () => {
    expect(gpu(steady(migIdle), 1, QUIET.replace('apps 0', 'apps 3')).verdict).toBe('unknown');
  });

  test('MIG without power: unknown', () => {
    expect(gpu(steady(migIdle.replace('78.00', '[N/A]'))).verdict).toBe('unknown');
  });
});

describe('several cards', () => {
  const eight = (busy: number | null): string =>
    steady(
      ...Array.from({ length: 8 }, (_, index) => card({ index: String(index), util: index === busy ? '97' : '0' })),
    );

  test('one busy card of eight is work', () => {
    expect(gpu(eight(6), 8)).toMatchObject({ verdict: 'active', value: 97, detail: '1 of 8 cards busy: 6 (97 %)' });
    expect(gpu(eight(null), 8).verdict).toBe('idle');
  });

  test('a burst in one sample counts', () => {
    const quiet = [card()];
    expect(gpu(samples([quiet, quiet, [card({ util: '40' })], quiet]))).toMatchObject({ verdict: 'active', value: 40 });
  });

  test('fewer or more cards than are rented: unknown, unless one works', () => {
    expect(gpu(eight(null), 4)).toMatchObject({ verdict: 'unknown', detail: '8 cards are seen, 4 are rented' });
    expect(gpu(steady(card()), 8).verdict).toBe('unknown');
    expect(gpu(steady(card({ util: '50' })), 8).verdict).toBe('active');
    expect(gpu(steady(card()), null).verdict).toBe('idle');
  });

  test('a card that comes and goes, or is there twice: unknown', () => {
    const one = card({ index: '1' });
    expect(gpu(samples([[card(), one], [card(), one], [card()], [card(), one]]), 2).verdict).toBe('unknown');
    expect(gpu(steady(card(), card()), 2).verdict).toBe('unknown');
  });
});

describe('nvidia-smi that does not answer as it should', () => {
  test.each([
    [
      'no driver',
      samples([["NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."]], 9),
      'does not reach the driver',
    ],
    [
      'two versions',
      samples([['Failed to initialize NVML: Driver/library version mismatch']], 18),
      'different versions',
    ],
    ['no cards', samples([['No devices were found']], 6), 'finds no cards'],
    ['killed after its time', samples([['']], 137), 'does not answer'],
    ['another failure', samples([['\u001b[31mhello <script>']], 3), 'nvidia-smi failed with 3'],
    ['missing', 'smi none', 'there is no nvidia-smi'],
    ['hung', 'smi hung', 'hangs'],
    ['nothing said', samples([[], [], [], []]), 'lists no card'],
    ['one field more', steady(`${card()}, 1`), 'another form'],
    ['a percentage beyond all', steady(card({ util: '101' })), 'another form'],
    ['only two answers', samples([[card()], [card()]]), 'another form'],
  ])('%s: unknown, and says so', (_name, text, detail) => {
    const found = gpu(text);
    expect(found).toMatchObject({ verdict: 'unknown' });
    expect(found.detail).toContain(detail);
    expect(found.detail).not.toContain('script');
  });

  test('a warning behind the cards is none of them', () => {
    const warned = [card(), 'WARNING: infoROM is corrupted at gpu 0000:5C:00.0'];
    expect(gpu(samples([warned, warned, warned, warned])).verdict).toBe('idle');
  });

  test.each(['[N/A]', 'N/A', '[Not Supported]', '[Insufficient Permissions]', '[Unknown Error]', '', '-1', '1e3', '٣'])(
    'a utilisation of "%s": unknown, whatever the other card says',
    (util) => {
      expect(gpu(steady(card({ util }), card({ index: '1' })), 2).verdict).toBe('unknown');
      expect(gpu(steady(card({ util }), card({ index: '1', util: '80' })), 2).verdict).toBe('active');
    },
  );

  test('whatever it prints: idle only where every sample of every card is a number below the threshold', () => {
    const field = fc.oneof(fc.constantFrom('0', '4', '5', '100', '[N/A]'), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(field, { minLength: 4, maxLength: 4 }), (utils) => {
        const clean = utils.map((util) => util.replaceAll(/[\n\r]/g, ''));
        const found = gpu(samples(clean.map((util) => [card({ util })])));
        const quiet = clean.slice(1).every((util) => /^\d+(\.\d+)?$/.test(util.trim()) && Number(util) < 5);
        expect(found.verdict === 'idle').toBe(quiet);
      }),
    );
  });
});

describe('without cards', () => {
  const bare = QUIET.replace('devices 1', 'devices 0').replace('memory limit 17179869184', 'memory limit 2147483648');
  const noCards = samples([['No devices were found']], 6);

  test('all three must say so: the cloud, the machine, and its size', () => {
    expect(gpu('smi none', 0, bare).verdict).toBe('not-applicable');
    expect(gpu(noCards, 0, bare).verdict).toBe('not-applicable');
    expect(gpu('smi none', 1, bare).verdict).toBe('unknown');
    expect(gpu('smi none', null, bare).verdict).toBe('unknown');
    expect(gpu('smi none', 0, bare.replace('devices 0', 'devices 1')).verdict).toBe('unknown');
    expect(gpu('smi none', 0, bare.replace('2147483648', '68719476736')).verdict).toBe('unknown');
    expect(gpu(samples([['no driver']], 9), 0, bare).verdict).toBe('unknown');
  });
});

test('memory that a model holds is said, and is no activity', () => {
  expect(gpu(steady(card({ used: '20480' })))).toMatchObject({
    verdict: 'idle',
    detail: '1 cards, at most 0 %; 20 GiB of card memory are held',
  });
});

test('processes on the cards are told and prove nothing', () => {
  const [, apps] = gpuSignals(facts({ tail: QUIET.replace('apps 0', 'apps 2') }), 1, 5);
  expect(apps).toMatchObject({ signal: 'gpu-processes', verdict: 'not-applicable', value: 2, onlyPositive: true });
});
