import type { Acted } from '../../src/store/acted-record.ts';
import type { StepOutcome } from '../../src/store/ledger.ts';
import { REMEMBERED_OCCURRENCES } from '../../src/store/lua/acted.lua.ts';

/** One step of a policy for one occurrence, as the Lua of lua/acted.lua.ts keeps it. */
interface Step {
  readonly n: number;
  s: StepOutcome;
  at: number;
  a: number;
  r: number[];
}

interface Entry {
  readonly o: string;
  readonly s: Step[];
}

/** What policies did to targets, by "policy\ntarget": lua/acted.lua.ts in memory. */
export class ActedBook {
  readonly #fields: Map<string, Entry[]>;

  constructor(fields: Map<string, Entry[]> = new Map()) {
    this.#fields = fields;
  }

  /** Lists are never changed in place, so that the same ones will do. */
  copy(): ActedBook {
    return new ActedBook(new Map(this.#fields));
  }

  of(policy: string, target: string): Acted | undefined {
    return this.#fields.get(`${policy}\n${target}`);
  }

  /** `change` answers `false` where nothing is to be kept. Without `create` only what is there is changed. */
  change(
    where: { readonly policy: string; readonly target: string; readonly occurrence: string; readonly step: number },
    create: boolean,
    change: (step: Step) => boolean,
  ): void {
    const field = `${where.policy}\n${where.target}`;
    const stored = this.#fields.get(field);
    if (stored === undefined && !create) return;
    const list = (stored ?? []).map(({ o, s }) => ({ o, s: s.map((step) => ({ ...step })) }));
    let entry = list.findLast(({ o }) => o === where.occurrence);
    if (entry === undefined) {
      if (!create) return;
      if (list.length >= REMEMBERED_OCCURRENCES) {
        const drop = list.findIndex(({ s }) => !s.some((step) => step.s === 'open'));
        list.splice(drop === -1 ? 0 : drop, 1);
      }
      entry = { o: where.occurrence, s: [] };
      list.push(entry);
    }
    let step = entry.s.findLast(({ n }) => n === where.step);
    if (step === undefined) {
      step = { n: where.step, s: 'none', at: 0, a: 0, r: [] };
      if (!change(step)) return;
      entry.s.push(step);
    } else if (!change(step)) return;
    this.#fields.set(field, list);
  }
}
