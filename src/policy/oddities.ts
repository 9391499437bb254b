import type { Account } from '../fleet/account.ts';
import { hasBalance, interrupts } from '../fleet/action.ts';
import { nearestWord } from '../fleet/nearest-word.ts';
import { PROVIDER_KINDS } from '../fleet/provider-kind.ts';
import { USEFUL_IN, warnOfWhatCannotBe } from './cannot-be.ts';
import { isAboutInstances } from './compile-match.ts';
import type { CompileOptions, Draft, LabelGiver } from './draft.ts';
import { conditionOf } from './draft.ts';
import { fitsEverything } from './everything.ts';
import { anyGlobTest } from './glob.ts';
import { warnOfLeftOutTimes } from './left-out-times.ts';
import type { MatchClauses } from './match-grammar.ts';
import { matchMaps } from './match-names.ts';
import { warnOfNoCommonTime } from './never-together.ts';
import { warnOfLongNotice } from './notice-too-long.ts';
import { warnOfTooLittleTime } from './too-little-time.ts';
import { mayBeLabelled, warnOfUnjudged } from './unjudged.ts';

/** Finds what is legal but odd. */
export function warnOfOddities(draft: Draft, options: CompileOptions): void {
  warnOfStatus(draft);
  warnOfWhatCannotBe(draft);
  warnOfEverything(draft);
  warnOfBilling(draft);
  warnOfUntoldBilling(draft);
  if (options.labels !== undefined) warnOfLabels(draft, options.labels, options.labelRules);
  warnOfWindow(draft, options.now);
  warnOfLeftOutTimes(draft, options.now);
  warnOfNoCommonTime(draft, options.now);
  warnOfLongNotice(draft, options.now);
  warnOfTooLittleTime(draft, options.now, options.fleet);
  if (options.judged !== undefined) warnOfUnjudged(draft, options.judged, options.labelRules ?? []);
  const { text, subject } = draft;
  if (text.catchUp !== undefined && text.when.cron === undefined) {
    subject.warn(['catchUp'], 'catchUp is about when.cron and does nothing here', { part: 'key' });
  }
  if (options.notifiers?.length === 0 && draft.steps.some((step) => step.kind === 'notify')) {
    subject.warn(['do'], 'no notifier is configured in lamplighter.yaml, so nobody will be told', { part: 'key' });
  }
  const money = conditionOf(draft, 'balanceBelow') ?? conditionOf(draft, 'runwayBelow');
  if (money === undefined) return;
  if (isAboutInstances(text.match) && draft.steps.every((step) => step.kind === 'notify')) {
    const message = `${money.kind} is about the account, but match names instances: there will be one message for each of them`;
    subject.warn(['when', money.kind], message, { part: 'key' });
  }
  const without = draft.reach?.filter(({ provider }) => !hasBalance(provider)) ?? [];
  if (without.length > 0 && without.length < (draft.reach?.length ?? 0)) {
    const names = without.map(({ name }) => name).join(', ');
    subject.warn(['when', money.kind], `of the accounts in reach these tell no balance: ${names}`, { part: 'key' });
  }
}

function clausesOf(draft: Draft): MatchClauses {
  const { match } = draft.text;
  return match === undefined || match === 'all' ? {} : match;
}

function warnOfStatus(draft: Draft): void {
  const { status } = clausesOf(draft);
  if (status === undefined) return;
  const never = (message: string) => draft.subject.warn(['match', 'status'], `${message}, so this policy never acts`);
  const named = status.join(', ');
  const first = draft.steps.find((step) => step.kind !== 'notify');
  const useful = first === undefined ? undefined : USEFUL_IN[first.kind];
  if (first !== undefined && useful?.some((each) => status.includes(each)) === false) {
    never(`${first.kind} does nothing to an instance that is ${named}`);
  }
  for (const kind of ['idleFor', 'runningFor'] as const) {
    if (conditionOf(draft, kind) !== undefined && !status.includes('running'))
      never(`${kind} cannot hold while ${named}`);
  }
  if (conditionOf(draft, 'stoppedFor') !== undefined && !status.includes('stopped')) {
    never(`stoppedFor cannot hold while ${named}`);
  }
  const wanted = conditionOf(draft, 'statusFor')?.status ?? null;
  if (wanted !== null && !wanted.some((each) => status.includes(each))) {
    never(`statusFor is about ${wanted.join(', ')} and match about ${named}`);
  }
}

/** A match that narrows nothing says by accident what `all` says out loud. */
function warnOfEverything({ text, steps, reach, subject }: Draft): void {
  const { match } = text;
  if (match === undefined || match === 'all' || match.not !== undefined || !fitsEverything(match)) return;
  const providers = reach?.map(({ provider }) => provider) ?? PROVIDER_KINDS;
  if (!steps.some(({ kind }) => providers.some((provider) => interrupts(kind, provider)))) return;
  subject.warn(['match'], 'fits every instance there is; write match: all if that is meant', { part: 'key' });
}

/** Labels are ours, so one that no rule gives is a slip of the pen. */
function warnOfLabels(
  draft: Draft,
  known: ReadonlyMap<string, readonly string[]>,
  givers: readonly LabelGiver[] | undefined,
): void {
  for (const [path, { labels = {} }] of matchMaps(draft.subject, draft.text.match)) {
    for (const [label, patterns] of Object.entries(labels)) {
      const values = known.get(label);
      const wrong = (message: string, part: 'key' | 'value') =>
        draft.subject.warn([...path, 'labels', label], `${message} under labels in lamplighter.yaml`, { part });
      if (values === undefined) {
        const near = nearestWord(label, known.keys());
        wrong(`no rule gives the label "${label}"${near === null ? '' : ` (did you mean "${near}"?)`}`, 'key');
      } else if (!values.some(anyGlobTest(patterns))) {
        wrong(`no rule gives "${label}" the value ${patterns.map((each) => `"${each}"`).join(' or ')}`, 'value');
      } else if (path.length === 1 && givers !== undefined && !mayBearLabel(draft, label, patterns, givers)) {
        wrong(`nothing that the rest of match asks for is given "${label}" so`, 'value');
      }
    }
  }
}

function mayBearLabel(
  { text: { match } }: Draft,
  label: string,
  patterns: string[],
  givers: readonly LabelGiver[],
): boolean {
  return match === undefined || match === 'all' || mayBeLabelled({ ...match, labels: { [label]: patterns } }, givers);
}

function warnOfBilling(draft: Draft): void {
  const { billing } = clausesOf(draft);
  if (billing === undefined || conditionOf(draft, 'expiresWithin') === undefined) return;
  if (billing.every((each) => each === 'hourly')) {
    draft.subject.warn(['match', 'billing'], 'hourly instances have no expiry, so expiresWithin never holds');
  }
}

/** 晨羽智云 tells no billing by itself: whoever asks for one there has to teach its words first. */
function warnOfUntoldBilling(draft: Draft): void {
  const { billing } = clausesOf(draft);
  if (billing === undefined || draft.reach === null || billing.includes('unknown')) return;
  const told = ({ provider, billingWords }: Account) =>
    provider === 'huixingyun' || [...billingWords.values()].some((word) => billing.includes(word));
  const untold = draft.reach.filter((account) => !told(account));
  if (untold.length === 0 || untold.length < draft.reach.length) return;
  const names = untold.map(({ name }) => name).join(', ');
  const message = `no billing is told by ${names}, so this policy never acts; teach accounts.${untold[0]?.name ?? ''}.billingWords, or add unknown`;
  draft.subject.warn(['match', 'billing'], message);
}

function warnOfWindow(draft: Draft, now: number): void {
  const during = conditionOf(draft, 'during');
  if (during === undefined) return;
  const state = during.window.state(now);
  const over = !state.inside && state.opensAt === null;
  if (over && during.window.specs.some((spec) => spec.kind !== 'never')) {
    draft.subject.warn(['when', 'during'], 'this window is over and will not open again');
  }
}
