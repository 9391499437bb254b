import { formatDuration } from '../calendar/duration.ts';
import { zoneNamed } from '../calendar/zone.ts';
import type { Config } from '../config/config.ts';
import { labelsOf } from '../config/labels-of.ts';
import { type Incident, incidentTest } from '../decide/incident.ts';
import { incarnation } from '../fleet/instance.ts';
import type { Operation } from '../fleet/operation.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import { unknownName } from '../fleet/unknown-name.ts';
import { clausesOf } from '../policy/clauses.ts';
import { testFileText } from '../policy/test-text.ts';
import type { Store } from '../store/store.ts';
import { InvalidInput, loadPolicies } from './load.ts';

const MINUTE_MS = 60_000;
/** How far back is looked for what an operation followed from. */
const MOST_EARLIER = 50;

export type WrittenTest =
  | { readonly kind: 'written'; readonly text: string; readonly warning: string | null }
  | { readonly kind: 'not-found'; readonly message: string }
  /** What is known of it is not enough; `notes` say what is missing. */
  | { readonly kind: 'refused'; readonly message: string; readonly notes: readonly string[] };

/**
 * Writes a test out of something that a policy did: asks the ledger for the operation and what it rested on, and holds it
 * against the policies of the folder. Only a test that passes is given.
 * @throws InvalidInput where the policies hold a mistake
 */
export async function testFromOperation(
  store: Store,
  config: Config,
  options: { readonly id: string; readonly cwd: string; readonly now: number },
): Promise<WrittenTest> {
  const { id, cwd, now } = options;
  const operation = await store.ledger.get(id);
  if (operation === null) return { kind: 'not-found', message: `there is no operation ${id}` };
  const { policy } = operation;
  const refuse = (message: string, notes: readonly string[] = []): WrittenTest => ({ kind: 'refused', message, notes });
  if (policy === null) return refuse(`${operation.by} asked for it, and no policy: there is no decision to test`);
  const loaded = await loadPolicies({ ...config, mode: 'enforce' }, cwd, now);
  if (!loaded.ok) throw new InvalidInput('the policies are not valid', loaded.errors);
  const { policies } = loaded.set;
  const names = policies.map(({ name }) => name);
  const elsewhere = 'give the folder of then with --policies';
  if (!names.includes(policy)) return refuse(`${unknownName('policy', policy, names)}; ${elsewhere}`);
  if (config.accounts.every(({ name }) => name !== operation.account))
    return refuse(`its account ${operation.account} is not configured any more`);
  const cause = await causeOf(store, operation);
  if (cause === null && operation.transitions[0]?.reason === 'afterwards')
    return refuse('the stop that it owes its start to is not in the ledger any more');
  const editedAt = (await store.history(operation.account, now)).policyEditedAt(policy);
  const isEdited = editedAt !== null && editedAt > operation.createdAt;
  const incident: Incident = { operation, cause, machine: await machineOf(store, config, operation) };
  const found = incidentTest(incident, {
    accounts: config.accounts,
    labelsOf: (instance) => labelsOf(config.labels, instance),
    policies,
    clauses: clausesOf(loaded.files, policies),
    zone: zoneNamed(config.timezone),
    coverage: null,
  });
  const edited = isEdited ? `${policy}, or what it is judged by, was changed at ${rfc3339(editedAt)}, after it` : null;
  if (found.kind === 'insufficient')
    return refuse(edited === null ? found.why : `${found.why}: ${edited}; ${elsewhere}`, found.notes);
  const { action, instanceName, instance, createdAt, state } = operation;
  const note = `From operation ${id}: ${action} of ${instanceName || instance} (${instance}), decided at ${rfc3339(createdAt)}, ${state}.`;
  const late = `It was due ${formatDuration(Math.floor(found.lateMs / MINUTE_MS) * MINUTE_MS)} before: limits, or what else is not in this test, held it back.`;
  return {
    kind: 'written',
    text: testFileText(found.test, found.lateMs === 0 ? [note] : [note, late]),
    warning: edited,
  };
}

/** The stop that a start makes up for, or the first step of the same list for the same reason. */
async function causeOf(store: Store, operation: Operation): Promise<Operation | null> {
  const isStart = operation.transitions[0]?.reason === 'afterwards';
  if (!isStart && operation.step === 0) return null;
  const { instance, createdAt, policy, occurrence, step } = operation;
  const { items } = await store.ledger.list({ instance, limit: MOST_EARLIER });
  const isCause = (each: Operation) =>
    isStart
      ? each.obligations.some((owed) => owed.policy === policy)
      : each.policy === policy && each.occurrence === occurrence && each.step < step;
  const earlier = items.filter((each) => each.createdAt < createdAt && isCause(each));
  return earlier.sort((a, b) => (isStart ? b.createdAt - a.createdAt : a.step - b.step))[0] ?? null;
}

/** The machine as it is listed now, where it is still the same. */
async function machineOf(
  store: Store,
  config: Config,
  { account, instanceId, observed }: Operation,
): Promise<Incident['machine']> {
  const snapshot = await store.loadSnapshot(account);
  const listed = snapshot?.instances.find(({ instance }) => instance.id === instanceId)?.instance;
  if (listed === undefined || incarnation(listed) !== incarnation({ id: instanceId, createdAt: observed.createdAt }))
    return null;
  return { instance: listed, labels: labelsOf(config.labels, listed) };
}
