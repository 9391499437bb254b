import { type MachineFacts, readOutput } from '../../src/activity/ssh/output.ts';

export const MARK = 'abc';

/** What a machine may say; every part can be replaced. */
export interface Said {
  readonly boot?: string;
  readonly connection?: string | null;
  readonly first?: string;
  readonly second?: string;
  readonly gpu?: string;
  readonly tail?: string;
  readonly now?: number;
}

export const NOW_S = 1_795_000_000;

export const CONNECTION = '203.0.113.9 40001 10.0.0.5 22';
/** 203.0.113.9:40001 as the kernel writes it. */
export const OURS = '097100CB:9C41';

/** One look: at `upS`, with counters. Network is that of eth0; lo is never counted. */
export function look(
  name: 'A' | 'B',
  upS: number,
  counters: { readonly cpuUs?: number; readonly disk?: number; readonly net?: number; readonly ownS?: number } = {},
): string {
  const { cpuUs = 0, disk = 1, net = 0, ownS = 0 } = counters;
  return [
    `up ${name} ${upS}`,
    `cpu ${name} usec ${cpuUs}`,
    `disk ${name} v2`,
    `io ${name} 8:0 rbytes=${disk} wbytes=0 rios=0 wios=0 dbytes=0 dios=0`,
    `net ${name}`,
    `if ${name} lo 999 0 0 0 0 0 0 0 999 0 0 0 0 0 0 0`,
    `if ${name} eth0 ${net} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0`,
    `times ${name}`,
    `0m${ownS}s 0m0.000000s`,
    '0m0.000000s 0m0.000000s',
  ].join('\n');
}

/** The samples of nvidia-smi, all alike or one each. */
export function samples(answers: readonly (readonly string[])[], code = 0): string {
  const lines = answers.flatMap((cards, index) => [
    `sample ${index + 1} ${code}`,
    ...cards.map((card) => `gpu ${index + 1} ${card}`),
  ]);
  return ['smi there', ...lines].join('\n');
}

/** The same cards in all four samples. */
export const steady = (...cards: readonly string[]): string => samples([cards, cards, cards, cards]);

export function card(
  fields: Partial<
    Record<'index' | 'util' | 'used' | 'draw' | 'limit' | 'sm' | 'maxSm' | 'mig' | 'persistence', string>
  > = {},
): string {
  const { index = '0', util = '0', used = '12', draw = '26.10', limit = '320.00' } = fields;
  const { sm = '210', maxSm = '3105', mig = '[N/A]', persistence = 'Enabled' } = fields;
  return [index, util, used, '24564', draw, limit, sm, maxSm, mig, persistence].join(', ');
}

export function sessions(which: 'A' | 'B', ...peers: readonly string[]): string {
  return [`sockets ${which} tcp`, ...peers.map((peer) => `peer ${which} ${peer}`)].join('\n');
}

export const QUIET = [
  'apps 0',
  'devices 1',
  'memory limit 17179869184',
  sessions('B', `${OURS} 100`),
  'terminals',
].join('\n');

export function answer(said: Said = {}): string {
  const { boot = 'b007', connection = CONNECTION, gpu = steady(card()), tail = QUIET, now = NOW_S } = said;
  const { first = look('A', 1_000), second = look('B', 1_003) } = said;
  return [
    'motd of a login script',
    `lamplighter ${MARK} begin`,
    `boot ${boot}`,
    ...(connection === null ? [] : [`connection ${connection}`, sessions('A', `${OURS} 100`)]),
    'began 100000',
    first,
    gpu,
    second,
    tail,
    'times C',
    '0m0.000000s 0m0.000000s',
    '0m0.050000s 0m0.000000s',
    `now ${now}`,
    `lamplighter ${MARK} end`,
    '',
  ].join('\n');
}

export const facts = (said: Said = {}): MachineFacts => readOutput(answer(said), MARK);
