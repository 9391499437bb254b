import { resolve } from 'node:path';
import { parseWindow, type WindowContext } from '../../calendar/parse-window.ts';
import type { Window } from '../../calendar/window.ts';
import { formatTime, localDay, type Zone, zoneNamed } from '../../calendar/zone.ts';
import type { Config } from '../../config/config.ts';
import {
  type FleetAccountText,
  type FleetFileText,
  type FleetMachineText,
  fleetFileGrammar,
} from '../../config/fleet-grammar.ts';
import { labelsOf } from '../../config/labels-of.ts';
import { readText, shortened } from '../../config/policy-folder.ts';
import { toAccount } from '../../config/to-account.ts';
import { givenWorld, idsOf, momentOf } from '../../decide/given-fleet.ts';
import type { World } from '../../decide/world.ts';
import type { Account } from '../../fleet/account.ts';
import { hasBalance } from '../../fleet/action.ts';
import { type InstanceKey, instanceKey } from '../../fleet/instance.ts';
import { unknownName } from '../../fleet/unknown-name.ts';
import type { PolicySet } from '../../policy/policy-set.ts';
import { checkShape } from '../../yaml/check-shape.ts';
import { byPlace, type Located } from '../../yaml/located.ts';
import { readDocument } from '../../yaml/read-document.ts';
import type { YamlDocument } from '../../yaml/yaml-document.ts';
import { InvalidInput, loadPolicies } from '../load.ts';
import type { AccountSetup } from './machines.ts';
import { diceOf, workOf } from './workloads.ts';

/** What an account needs to be one; nobody polls a fleet that exists nowhere. */
const NO_POLLS = { pollEvery: 60_000, requestsPerSecond: 1 };

/** A fleet file, checked, with the policies that it is to be led by. */
export interface GivenSimulation {
  readonly world: World;
  readonly from: number;
  readonly policies: PolicySet['policies'];
  /** @param until to which the days of its people are thrown */
  readonly setups: (until: number, seed: number) => readonly AccountSetup[];
}

/**
 * Reads a fleet file and the policies of the configuration. Nothing is contacted.
 * @param from epoch ms; `null`: as the file says, or today at 00:00
 * @throws InvalidInput where the file or the policies hold a mistake
 */
export async function readFleetFile(
  config: Config,
  options: { readonly file: string; readonly cwd: string; readonly now: number; readonly from: number | null },
): Promise<GivenSimulation> {
  const { cwd, now } = options;
  const path = resolve(cwd, options.file);
  const shown = shortened(path, cwd);
  const refuse = (errors: readonly Located[]) => new InvalidInput(`${shown} is not valid`, [...errors].sort(byPlace));
  const text = await readText(path, shown);
  if (typeof text !== 'string') throw new InvalidInput(`${shown} cannot be read`, [text]);
  const read = readDocument(text, shown);
  if (!read.ok) throw refuse(read.errors);
  const checked = checkShape(fleetFileGrammar, read.document);
  if (!checked.ok) throw refuse(checked.errors);
  const accounts = accountsOf(config, checked.value);
  const loaded = await loadPolicies({ ...config, accounts }, cwd, now);
  const zone = zoneNamed(config.timezone);
  // Whose hours go by a named calendar can only be held against it when it is known.
  const windows = loaded.ok ? { zone, calendars: loaded.set.calendars } : null;
  const wrong = [
    ...mistakes(checked.value, accounts, read.document, windows),
    ...leftOut(checked.value, read.document, zone),
  ];
  if (wrong.length > 0) throw refuse(wrong);
  if (!loaded.ok) throw new InvalidInput('the policies are not valid', loaded.errors);
  return given(config, checked.value, accounts, {
    policies: loaded.set,
    from: options.from,
    now,
  });
}

function given(
  config: Config,
  text: FleetFileText,
  accounts: readonly Account[],
  ground: { readonly policies: PolicySet; readonly from: number | null; readonly now: number },
): GivenSimulation {
  const zone = zoneNamed(config.timezone);
  const windows: WindowContext = { zone, calendars: ground.policies.calendars };
  const from = ground.from ?? momentOf(text.from ?? `${localDay(ground.now, zone)} 00:00`, 0, zone);
  const machines = new Map<InstanceKey, FleetMachineText>();
  const fleet: Record<string, FleetMachineText> = {};
  for (const [id, machine] of Object.entries(text.fleet)) {
    for (const [own, each] of alike(id, machine ?? {})) {
      fleet[own] = each;
      const account = each.account ?? accounts[0]?.name ?? '';
      machines.set(instanceKey({ account, id: own }), each);
    }
  }
  const money = Object.fromEntries(
    accounts.map(({ name, provider }) => {
      const balance = text.accounts?.[name]?.balance;
      return [name, hasBalance(provider) && balance !== undefined ? { balance: balance / 100 } : {}];
    }),
  );
  const labels = (instance: Parameters<typeof labelsOf>[1]) => labelsOf(config.labels, instance);
  const world = givenWorld({ accounts, money, machines: fleet, labelsOf: labels }, from);
  return {
    world,
    from,
    policies: ground.policies.policies,
    setups: (until, seed) =>
      world.accounts.map((view) => ({
        view,
        purseFen: text.accounts?.[view.name]?.balance ?? null,
        topUp: topUpOf(text.accounts?.[view.name]),
        isOutOfStock: stockOf(text.accounts?.[view.name], windows),
        workOf: ({ key }) =>
          workOf(machines.get(key)?.workload, {
            from,
            until,
            random: diceOf(seed, key),
            windowOf: (words) => windowOf(words, windows),
            momentOf: (moment) => momentOf(moment, from, zone),
          }),
      })),
  };
}

/** One machine, or as many as it counts, each under an id of its own. */
function alike(id: string, machine: FleetMachineText): readonly (readonly [string, FleetMachineText])[] {
  const { count = 1, name, ...rest } = machine;
  if (machine.count === undefined) return idsOf(id).map((own) => [own, machine] as const);
  const digits = String(count).length;
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(digits, '0');
    return [`${id}-${number}`, { ...rest, ...(name === undefined ? {} : { name: `${name}-${number}` }) }] as const;
  });
}

/** Those of the configuration, with what the file says of them, and those that only the file knows. */
function accountsOf(config: Config, text: FleetFileText): readonly Account[] {
  const given = Object.entries(text.accounts ?? {});
  const known = config.accounts.map((account) => {
    const own = text.accounts?.[account.name];
    if (own === undefined || own === null) return account;
    const provider = own.provider ?? account.provider;
    const filled = toAccount(account.name, { ...NO_POLLS, ...own, provider });
    return {
      ...account,
      provider,
      ...(own.actions === undefined ? {} : { actions: filled.actions }),
      ...(own.prices === undefined ? {} : { prices: filled.prices }),
      ...(own.spendLimit === undefined ? {} : { spendLimit: filled.spendLimit }),
    };
  });
  const names = new Set(known.map(({ name }) => name));
  const others = given.flatMap(([name, own]) =>
    names.has(name) || own?.provider === undefined
      ? []
      : [toAccount(name, { ...NO_POLLS, ...own, provider: own.provider })],
  );
  // Who is left out where a machine names none is the first of the file, if it has any.
  return given.some(([name]) => names.has(name)) || given.length === 0 ? [...known, ...others] : [...others, ...known];
}

/** @param windows `null`: it is not known which calendars there are */
function mistakes(
  text: FleetFileText,
  accounts: readonly Account[],
  document: YamlDocument,
  windows: WindowContext | null,
): readonly Located[] {
  const found: Located[] = [];
  const say = (path: readonly PropertyKey[], message: string) => found.push(document.located([...path], message));
  const window = (path: readonly PropertyKey[], words: string) => {
    const parsed = windows === null ? null : parseWindow(words, windows);
    if (parsed?.ok === false) found.push(document.located([...path], parsed.message, parsed));
  };
  const names = accounts.map(({ name }) => name);
  for (const [name, own] of Object.entries(text.accounts ?? {})) {
    if (!names.includes(name))
      say(['accounts', name], `${unknownName('account', name, names)}; one that is given here needs its provider`);
    for (const [index, each] of (own?.noCards ?? []).entries())
      window(['accounts', name, 'noCards', index, 'during'], each.during);
  }
  const ids = new Map<string, string>();
  for (const [id, machine] of Object.entries(text.fleet)) {
    if (machine?.account !== undefined && !names.includes(machine.account))
      say(['fleet', id, 'account'], unknownName('account', machine.account, names));
    const { billing = 'hourly', expiresIn } = machine ?? {};
    if (billing === 'hourly' && expiresIn !== undefined)
      say(['fleet', id, 'expiresIn'], 'goes with `billing: daily` or `billing: monthly`');
    if ((billing === 'daily' || billing === 'monthly') && expiresIn === undefined)
      say(['fleet', id, 'billing'], 'is paid ahead; `expiresIn` says how long it still is');
    const work = machine?.workload;
    if (typeof work === 'object' && work.hours !== undefined) window(['fleet', id, 'workload', 'hours'], work.hours);
    for (const [own] of alike(id, machine ?? {})) {
      const other = ids.get(own);
      if (other !== undefined) {
        say(['fleet', id], `has a machine "${own}", and so has "${other}"`);
        break;
      }
      ids.set(own, id);
    }
  }
  if (names.length === 0) say(['fleet'], 'there is no account for it, neither here nor in the configuration');
  return found;
}

/** Times that the clocks leave out: whoever writes one has meant another. */
function leftOut(text: FleetFileText, document: YamlDocument, zone: Zone): readonly Located[] {
  const given: (readonly [readonly PropertyKey[], string | undefined])[] = [[['from'], text.from]];
  for (const [id, machine] of Object.entries(text.fleet)) {
    const work = machine?.workload;
    if (typeof work === 'object') given.push([['fleet', id, 'workload', 'from'], work.from]);
  }
  return given.flatMap(([path, moment]) => {
    if (moment === undefined || moment.length <= 5) return [];
    const at = momentOf(moment, 0, zone);
    const isThere = formatTime(at, zone).startsWith(moment.replace(' ', 'T'));
    return isThere
      ? []
      : [document.located([...path], `is left out in ${zone.name}, where the clocks are set ahead then`)];
  });
}

function topUpOf(text: FleetAccountText | null | undefined): AccountSetup['topUp'] {
  return text?.topUp === undefined ? null : { belowFen: text.topUp.below, amountFen: text.topUp.by };
}

function stockOf(text: FleetAccountText | null | undefined, windows: WindowContext): AccountSetup['isOutOfStock'] {
  const rules = (text?.noCards ?? []).map(({ gpuType, during }) => ({ gpuType, window: windowOf(during, windows) }));
  return (gpuType, at) => rules.some((rule) => (rule.gpuType ?? gpuType) === gpuType && rule.window.state(at).inside);
}

/** Checked before. */
function windowOf(words: string, windows: WindowContext): Window {
  const parsed = parseWindow(words, windows);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.window;
}
