import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { ComingBill } from '../decide/coming-bill.ts';
import { type PolicyChange, policyDiff } from '../decide/policy-diff.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Policy } from '../policy/policy.ts';
import type { Work } from '../work/ports.ts';
import { InvalidInput, loadPolicies } from './load.ts';
import { type Simulation, simulate } from './simulate.ts';

/** Two sets of policies on the same fleet over the same time. */
export interface Diff {
  readonly before: Simulation;
  readonly after: Simulation;
  readonly changes: readonly PolicyChange[];
}

/** @throws InvalidInput where either folder holds a mistake */
export async function diffFolders(
  work: Work,
  config: Config,
  options: {
    readonly old: string;
    readonly young: string;
    readonly cwd: string;
    readonly from: number;
    readonly untilMs: number;
  },
): Promise<Diff> {
  const { cwd, from, untilMs } = options;
  const read = async (folder: string): Promise<readonly Policy[]> => {
    const loaded = await loadPolicies({ ...config, policiesDir: resolve(cwd, folder) }, cwd, work.clock.now());
    if (!loaded.ok) throw new InvalidInput(`the policies of ${folder} are not valid`, loaded.errors);
    return loaded.set.policies;
  };
  const [old, young] = [await read(options.old), await read(options.young)];
  // Each as if it were in force: what is read of the past, and how long the money lasts, goes by the policies too.
  const led = (policies: readonly Policy[]) =>
    simulate({ ...work, standing: () => ({ ...work.standing(), policies }) }, { from, untilMs });
  const before = await led(old);
  const after = await led(young);
  const changes = policyDiff(
    { policies: old, coming: before.coming },
    { policies: young, coming: after.coming },
    after.fleet,
  );
  return { before, after, changes };
}

/** As plain data. */
export function diffView({ before, after, changes }: Diff) {
  return {
    from: rfc3339(after.from),
    until: rfc3339(Math.min(before.reached, after.reached)),
    money: { before: moneyView(before.bill), after: moneyView(after.bill) },
    policies: changes.map(({ added, gone, ...change }) => ({
      ...change,
      added: added.map(actView),
      removed: gone.map(actView),
    })),
  };
}

function actView({ kind, at, instance, account, action, reason }: PolicyChange['added'][number]) {
  return { kind, at: rfc3339(at), account, instance, action, reason };
}

function moneyView({ fen, paidFen, upMs, interruptions, unpriced }: ComingBill) {
  const yuan = (of: number) => (of / 100).toFixed(2);
  return { hourlyYuan: yuan(fen), paidYuan: yuan(paidFen), upHours: upMs / 3_600_000, interruptions, unpriced };
}
