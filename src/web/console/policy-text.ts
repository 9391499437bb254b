import { assertNever } from '../../fleet/assert-never.ts';
import type { ConditionFacts, PolicyFacts } from './board-source.ts';
import { shortTime, shown, span, yuan } from './format.ts';
import { cautionsInWords, POLICY_WORDS, type Reader, stepInWords } from './policy-words.ts';
import { wordIn } from './words.ts';

/** A policy in plain sentences for a terminal, in the words of the console. */
export function policyText(facts: PolicyFacts, reader: Reader): string {
  const t = POLICY_WORDS[reader.language];
  const isAccount = facts.scope === 'account';
  const whom = facts.matchesAll
    ? isAccount
      ? t.accounts
      : t.everything
    : `${isAccount ? t.accountWhere : t.where} ${shown(facts.match)}`;
  const conditions = facts.conditions.map((condition) => `  - ${conditionText(condition, reader)}\n`).join('');
  const when = conditions === '' ? `${t.always}\n` : `${t.when}${t.colon}\n${conditions}`;
  const steps = facts.steps.map((step) => stepInWords(step, reader)).join(t.and);
  const cautions = cautionsInWords(facts, reader).map((caution) => `${caution}\n`);
  // Chinese has neither capitals nor spaces between its words.
  const does = facts.mode === 'observe' ? t.wouldDo : t.does;
  const will = reader.language === 'zh' ? does : `${does.charAt(0).toUpperCase()}${does.slice(1)} `;
  return `${whom}${t.comma}${when}${will}${steps}${t.fullStop}\n${cautions.join('')}`;
}

function conditionText(condition: ConditionFacts, reader: Reader): string {
  const t = POLICY_WORDS[reader.language];
  switch (condition.kind) {
    case 'during': {
      const { inside, changesAt, text } = condition;
      const still = inside ? t.open : t.closed;
      const state = changesAt === null ? still : `${inside ? t.openUntil : t.opensAt} ${shortTime(changesAt, reader)}`;
      return `${t.during} ${shown(text)} (${state})`;
    }
    case 'cron': {
      const next = condition.nextAt === null ? '' : `, ${t.nextTick} ${shortTime(condition.nextAt, reader)}`;
      return `${t.cron} ${shown(condition.text)} (${condition.timezone}${next})`;
    }
    case 'statusFor': {
      const { status, ms } = condition;
      const words = status === null ? t.anyStatus : status.map((each) => wordIn(reader.language, each)).join(t.or);
      return t.statusFor(words, span(ms, reader.language));
    }
    case 'balanceBelow':
      return t.balanceBelow(yuan(condition.fen));
    case 'idleFor':
    case 'expiresWithin':
    case 'runningFor':
    case 'stoppedFor':
    case 'runwayBelow':
      return t[condition.kind](span(condition.ms, reader.language));
    default:
      return assertNever(condition);
  }
}
