import { createHash } from 'node:crypto';
import type { Announcement, CloudAct, Evaluation, NotifyAct } from '../../decide/decision.ts';
import { isJsonMap, type Json, type JsonMap } from '../../recording/json.ts';
import { diff } from '../../recording/patch.ts';

/**
 * What was decided, as plain values: everything that makes a difference, and no sentence. By what it is about, so that what
 * is decided again and again is kept once.
 */
export function plainDecisions({ acts, announcements, refusals, tidy }: Evaluation): Json {
  const rows: Record<string, Json> = {};
  const put = (about: string, row: Json) => {
    let key = about;
    for (let more = 2; rows[key] !== undefined; more += 1) key = `${about}|${more}`;
    rows[key] = row;
  };
  for (const act of acts) put(`act|${subject(act)}|${act.step}`, actRow(act));
  for (const each of announcements)
    put(`announce|${subject(each)}`, jsonOf({ action: each.action, notice: each.notice }));
  for (const { policy, account, instance, step, action, occurrence, reason } of refusals)
    put(`keep|${policy}|${instance ?? account}|${step}`, [action, occurrence, reason]);
  for (const each of tidy) put(`tidy|${each.kind}`, jsonOf(each));
  return rows;
}

/** The digest of all of it, word for word: of one JSON text, which of a large fleet is never there as a whole. */
export function wordsOf({ acts, announcements, refusals, tidy }: Evaluation): string {
  const digest = createHash('sha256');
  let before = '[';
  for (const list of [acts, announcements, refusals, tidy]) {
    before += '[';
    for (const each of list) {
      digest.update(
        `${before}${JSON.stringify(each, (name, value: unknown) => (name === 'view' ? viewKey(value) : value))}`,
      );
      before = ',';
    }
    before = list.length > 0 ? '],' : `${before}],`;
  }
  return digest
    .update(`${before.slice(0, -1)}]`)
    .digest('hex')
    .slice(0, 16);
}

/** One thing that was decided otherwise than it was before. */
export interface Difference {
  /** Such as `act|stop-idle|hxy/gpu-1|0`. */
  readonly subject: string;
  /** `null`: it was not decided at all. */
  readonly recorded: Json;
  readonly replayed: Json;
}

/** Both as {@link plainDecisions} makes them. */
export function differences(recorded: Json, replayed: Json): readonly Difference[] {
  const [before, after]: readonly JsonMap[] = [recorded, replayed].map((each) => (isJsonMap(each) ? each : {}));
  if (before === undefined || after === undefined) return [];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((subject) => ({ subject, recorded: before[subject] ?? null, replayed: after[subject] ?? null }))
    .filter((each) => diff(each.recorded, each.replayed) !== undefined);
}

function actRow(act: CloudAct | NotifyAct): Json {
  if (act.kind === 'operation') {
    const { view: _view, evidence: _evidence, kind: _kind, ...row } = act;
    return jsonOf(row);
  }
  const { view: _view, evidence: _evidence, text: _text, told: _told, kind: _kind, ...row } = act;
  return jsonOf(row);
}

function subject({ policy, account, view }: CloudAct | NotifyAct | Announcement): string {
  return `${policy}|${view?.key ?? account}`;
}

function viewKey(view: unknown): unknown {
  return typeof view === 'object' && view !== null && 'key' in view ? view.key : null;
}

function jsonOf(value: object): Json {
  const plain: Json = JSON.parse(JSON.stringify(value));
  return plain;
}
