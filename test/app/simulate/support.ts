import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Simulation, simulateFile } from '../../../src/app/simulate.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { renderAll } from '../../../src/yaml/located.ts';
import { newFolder } from '../../support/folder.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** Where every fleet file of the tests begins: a Monday, 00:00 in Shanghai. */
export const MONDAY = Date.parse('2026-11-23T00:00:00+08:00');

export const CONFIG = `
mode: enforce
policies: ./policies
accounts:
  hxy:
    provider: huixingyun
    token: a-token-for-tests
    prices: { card: { hourly: 2, daily: 40, monthly: 900, stopped: 0.1 } }
    spendLimit: { perDay: 500 }
    actions: [stop, cardless-stop, start, restart, snapshot, renew, destroy]
  chenyu: { provider: chenyu, token: a-token-for-tests, prices: { card: { hourly: 2 } } }
activity: [{ match: all, probes: [{ push: {} }] }]
`;

/** A folder with a configuration, policies and a fleet file that begins on {@link MONDAY}. */
export async function bench(policies: string, fleet: string): Promise<string> {
  const dir = await newFolder('lamplighter-simulate-');
  await mkdir(join(dir, 'policies'));
  await writeFile(join(dir, 'lamplighter.yaml'), CONFIG);
  await writeFile(join(dir, 'policies/all.yaml'), `policies:\n${policies}`);
  await writeFile(join(dir, 'fleet.yaml'), fleet.includes('from:') ? fleet : `from: "2026-11-23 00:00"\n${fleet}`);
  return dir;
}

/** Days of a fleet. */
export async function days(
  policies: string,
  fleet: string,
  options: { readonly days?: number; readonly seed?: number; readonly files?: Readonly<Record<string, string>> } = {},
): Promise<Simulation> {
  const cwd = await bench(policies, fleet);
  for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(cwd, 'policies', name), text);
  const read = await loadConfig(CONFIG, join(cwd, 'lamplighter.yaml'), 'lamplighter.yaml', { environment: {} });
  if (!read.ok) throw new Error(renderAll(read.errors));
  const { seed = 1 } = options;
  return simulateFile(read.config, {
    file: 'fleet.yaml',
    cwd,
    now: MONDAY,
    from: null,
    untilMs: (options.days ?? 1) * DAY,
    seed,
  });
}

/** A time after the beginning, as people read it: "1d 13:05:20". */
export function after(at: number): string {
  const ms = at - MONDAY;
  const time = new Date(ms % DAY).toISOString().slice(11, 19);
  return `${Math.floor(ms / DAY)}d ${time}`;
}

/** One machine's days: when it became what. */
export function line(simulation: Simulation, id: string): readonly string[] {
  const machine = simulation.accounts.flatMap(({ machines }) => machines).find(({ key }) => key.endsWith(`/${id}`));
  return machine?.timeline.map(({ at, doing }) => `${after(at)} ${doing}`) ?? [];
}

/** What was done, in order. */
export function acts(simulation: Simulation): readonly string[] {
  return simulation.coming
    .filter(({ kind }) => kind === 'act')
    .map(
      ({ at, action, instance, refused }) =>
        `${after(at)} ${action} ${instance}${refused === undefined ? '' : ` refused: ${refused}`}`,
    );
}
