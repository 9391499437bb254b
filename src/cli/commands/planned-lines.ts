import type { PlanFile, PlannedAct } from '../../app/plan-file.ts';
import { formatYuan } from '../../fleet/money.ts';
import { printable } from '../table.ts';

/** One act of a plan, as it is reviewed. */
export function plannedLine({ action, name, instance, policy, terms, costYuan }: PlannedAct): string {
  const called = name === '' ? instance : `${name} (${instance})`;
  const cost = costYuan === null ? '' : ` for ${costYuan} yuan`;
  return printable(`${action}${terms === '' ? '' : ` ${terms}`} of ${called}${cost}, by ${policy}`);
}

/** How much a plan is: "3 acts for 120.00 yuan". */
export function sizeOf({ acts }: PlanFile): string {
  const priced = acts.flatMap(({ costYuan }) => (costYuan === null ? [] : [Math.round(Number(costYuan) * 100)]));
  const sum = priced.reduce((total, fen) => total + fen, 0);
  return `${acts.length} ${acts.length === 1 ? 'act' : 'acts'}${priced.length === 0 ? '' : ` for ${formatYuan(sum)} yuan`}`;
}
