import { html } from 'hono/html';
import { assertNever } from '../../fleet/assert-never.ts';
import type { ConditionFacts, PolicyFacts, StepFacts } from './board-source.ts';
import { cronInWords } from './cron-words.ts';
import { exactSpan, shortTime, shown, yuan } from './format.ts';
import { catalogue, LIST_COMMA } from './language.ts';
import { matchInWords } from './match-words.ts';
import type { Html, Visit } from './visit.ts';
import { windowInWords } from './window-words.ts';
import { wordIn } from './words.ts';

/** In which language and at what time of which zone a policy is put in words. */
export type Reader = Pick<Visit, 'language' | 'timezone' | 'now'>;

export const POLICY_WORDS = catalogue({
  en: {
    everything: 'For every instance',
    accounts: 'For every account',
    each: 'For each instance',
    eachAccount: 'For each account',
    when: 'When',
    whenAll: 'When all of this holds',
    does: 'Lamplighter will',
    wouldDo: 'Lamplighter would, if this policy did more than observe,',
    space: ' ',
    next: ', and then ',
    and: ' and ',
    comma: ', ',
    colon: ':',
    fullStop: '.',
    aside: (text: string) => ` (${text})`,
    off: 'It is turned off, and nothing of this is done.',
    idleFor: (ms: string) => `it has been proven idle for ${ms}`,
    during: (window: string) => `the time is ${window}`,
    openUntil: 'open now, until',
    opensAt: 'closed now, opens',
    open: 'open now',
    closed: 'closed now',
    cron: (when: string) => `the time has come: ${when}`,
    nextTick: 'next',
    expiresWithin: (ms: string) => `it expires within ${ms}`,
    runningFor: (ms: string) => `it has been up for more than ${ms}`,
    stoppedFor: (ms: string) => `it has been stopped for more than ${ms}`,
    statusFor: (status: string, ms: string) => `its status has been ${status} for more than ${ms}`,
    sameStatus: (ms: string) => `its status has not changed for more than ${ms}`,
    or: ' or ',
    balanceBelow: (money: string) => `the account has less than ${money}`,
    runwayBelow: (ms: string) => `the account’s money is expected to last for less than ${ms}`,
    stop: 'stop it',
    'cardless-stop': 'stop it and give back its cards',
    start: 'start it',
    restart: 'restart it',
    destroy: 'destroy it with everything on it',
    snapshot: (name: string) => `save an image of it as “${name}”`,
    renew: (by: string) => `renew it by ${by}`,
    renewDaily: (count: number) => `${count} ${count === 1 ? 'day' : 'days'} where it is billed by the day`,
    renewMonthly: (count: number) => `${count} ${count === 1 ? 'month' : 'months'} where it is billed by the month`,
    lengthen: (to: string) => `change its billing to ${to}`,
    notify: (to: string, severity: string) => `tell ${to} (${severity})`,
    saying: (text: string) => `: “${text}”`,
    severities: { info: 'info', warning: 'warning', critical: 'critical' },
    everybody: 'every notifier',
    named: (names: string) => names,
    notice: (ms: string) => `It is announced ${ms} before, and a hold or any activity calls it off.`,
    requireNotice: 'It is not done where the announcement could not be delivered.',
    minimumUptime: (ms: string) => `Not within ${ms} of the start of the machine.`,
    cooldown: (ms: string) => `Not again on the same machine within ${ms}.`,
    afterwards: 'When the window closes, what it stopped is started again.',
    once: 'Once for each opening of the window.',
    onceADay: 'Once a day.',
    undone: ' What somebody undoes stays so until the next.',
    commonLimits: (percent: number, most: number) =>
      `At most ${percent} % of an account’s machines in a minute, counted over all policies; never more than ${most}, and always one.`,
    limits: (parts: string) => `At most ${parts}.`,
    perPass: (count: number) => `${count} at once`,
    perHour: (count: number) => `${count} an hour`,
    percent: (count: number) => `${count} % of an account’s machines in a minute`,
    catchUp: (ms: string) => `A tick that was missed is made up for within ${ms}.`,
  },
  zh: {
    everything: '针对每一台实例',
    accounts: '针对每一个账号',
    each: '针对符合以下全部条件的实例',
    eachAccount: '针对符合以下全部条件的账号',
    when: '当以下条件成立时',
    whenAll: '当以下条件全部成立时',
    does: 'Lamplighter 会',
    wouldDo: '本策略只观察；若执行，Lamplighter 会',
    space: '',
    next: '，然后',
    and: '，',
    comma: '，',
    colon: '：',
    fullStop: '。',
    aside: (text: string) => `（${text}）`,
    off: '已停用，以上一概不做。',
    idleFor: (ms: string) => `已证实空闲满 ${ms}`,
    during: (window: string) => `时间在以下范围内：${window}`,
    openUntil: '现在在内，到',
    opensAt: '现在不在，下次',
    open: '现在在内',
    closed: '现在不在',
    cron: (when: string) => `到了预定时刻：${when}`,
    nextTick: '下次',
    expiresWithin: (ms: string) => `${ms}内到期`,
    runningFor: (ms: string) => `已连续运行超过 ${ms}`,
    stoppedFor: (ms: string) => `已关机超过 ${ms}`,
    statusFor: (status: string, ms: string) => `状态为${status}已超过 ${ms}`,
    sameStatus: (ms: string) => `状态未变已超过 ${ms}`,
    or: '或',
    balanceBelow: (money: string) => `账号余额低于 ${money}`,
    runwayBelow: (ms: string) => `账号余额预计撑不到 ${ms}`,
    stop: '关机',
    'cardless-stop': '无卡关机（退还显卡）',
    start: '开机',
    restart: '重启',
    destroy: '销毁实例及其上的一切',
    snapshot: (name: string) => `存为镜像“${name}”`,
    renew: (by: string) => `续费：${by}`,
    renewDaily: (count: number) => `按天计费的续 ${count} 天`,
    renewMonthly: (count: number) => `按月计费的续 ${count} 个月`,
    lengthen: (to: string) => `把计费改为${to}`,
    notify: (to: string, severity: string) => `通知${to}（${severity}）`,
    saying: (text: string) => `：“${text}”`,
    severities: { info: '一般', warning: '警告', critical: '紧急' },
    everybody: '所有通知渠道',
    named: (names: string) => ` ${names}`,
    notice: (ms: string) => `提前 ${ms}预告；有人保留或有任何活动就取消。`,
    requireNotice: '预告没能送达就不做。',
    minimumUptime: (ms: string) => `开机 ${ms}内不动。`,
    cooldown: (ms: string) => `同一台实例 ${ms}内不重复。`,
    afterwards: '时间范围结束时，由它关掉的会重新开机。',
    once: '每次进入时间范围只做一次。',
    onceADay: '每天只做一次。',
    undone: '有人改回来的，到下次之前不再动。',
    commonLimits: (percent: number, most: number) =>
      `所有策略合计，每个账号一分钟内不超过其实例的 ${percent} %，最多 ${most} 台，至少可有 1 台。`,
    limits: (parts: string) => `最多${parts}。`,
    perPass: (count: number) => `每次 ${count} 台`,
    perHour: (count: number) => `每小时 ${count} 台`,
    percent: (count: number) => `每分钟账号实例的 ${count} %`,
    catchUp: (ms: string) => `错过的时刻在 ${ms}内补做。`,
  },
});

/** A policy in words, before they are given a form: each list goes on from what leads it in. */
export interface PolicyInWords {
  readonly about: string;
  /** None: everything. */
  readonly match: readonly string[];
  readonly when: string;
  readonly conditions: readonly string[];
  readonly will: string;
  readonly steps: readonly string[];
  /** Nothing where the last step ends in what is quoted. */
  readonly end: string;
}

export function policyWords(facts: PolicyFacts, reader: Reader): PolicyInWords {
  const t = POLICY_WORDS[reader.language];
  const isAccount = facts.scope === 'account';
  const everything = isAccount ? t.accounts : t.everything;
  const { match, conditions } = facts;
  const steps = facts.steps.map((step) => stepInWords(step, reader));
  return {
    about: match === null ? everything : isAccount ? t.eachAccount : t.each,
    match: match === null ? [] : matchInWords(match, facts.scope, reader.language),
    when: conditions.length === 1 ? t.when : t.whenAll,
    conditions: conditions.map((condition) => conditionInWords(condition, reader)),
    will: facts.mode === 'observe' ? t.wouldDo : t.does,
    steps,
    end: steps.at(-1)?.endsWith('”') === true ? '' : t.fullStop,
  };
}

/** The same for a page. */
export function policyInWords(facts: PolicyFacts, visit: Visit): Html {
  const t = POLICY_WORDS[visit.language];
  const { about, match, when, conditions, will, steps, end } = policyWords(facts, visit);
  const list = (items: readonly string[]) => html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`;
  return html`<div class="in-words"><p>${about}${match.length === 0 ? '' : html`${t.colon}${list(match)}`}</p><p>${when}${t.colon}${list(conditions)}</p><p>${will}${t.space}${steps.map((step, i) => html`${i > 0 ? t.next : ''}<b>${step}</b>`)}${end}</p></div>`;
}

/** What holds it back besides its conditions; each a sentence. */
export function cautionsInWords(facts: PolicyFacts, visit: Reader): readonly string[] {
  const t = POLICY_WORDS[visit.language];
  const { noticeMs, minimumUptimeMs, cooldownMs, limits, commonLimits } = facts;
  const bounds =
    limits === null
      ? []
      : [
          ...(limits.perPass === null ? [] : [t.perPass(limits.perPass)]),
          ...(limits.perHour === null ? [] : [t.perHour(limits.perHour)]),
          ...(limits.percent === null ? [] : [t.percent(limits.percent)]),
        ];
  return [
    ...(noticeMs > 0 ? [t.notice(exactSpan(noticeMs, visit.language))] : []),
    ...(facts.requireNotice ? [t.requireNotice] : []),
    ...(minimumUptimeMs > 0 ? [t.minimumUptime(exactSpan(minimumUptimeMs, visit.language))] : []),
    ...(cooldownMs > 0 ? [t.cooldown(exactSpan(cooldownMs, visit.language))] : []),
    ...(facts.startsAfterwards ? [t.afterwards] : []),
    ...onceInWords(facts, visit),
    ...(bounds.length > 0 ? [t.limits(bounds.join(t.comma))] : []),
    ...(commonLimits === null ? [] : [t.commonLimits(commonLimits.percent, commonLimits.most)]),
    ...(facts.conditions.some(({ kind }) => kind === 'cron')
      ? [t.catchUp(exactSpan(facts.catchUpMs, visit.language))]
      : []),
    ...(facts.enabled ? [] : [t.off]),
  ];
}

/** How often it acts where nothing but its window says when. */
function onceInWords({ conditions, steps }: PolicyFacts, { language }: Reader): readonly string[] {
  const t = POLICY_WORDS[language];
  const [only, ...more] = conditions;
  if (only?.kind !== 'during' || more.length > 0) return [];
  const kinds = only.openings.map(({ kind }) => kind);
  if (kinds.every((kind) => kind === 'never')) return [];
  const undone = steps.some(({ kind }) => kind !== 'notify') ? t.undone : '';
  return [`${kinds.includes('always') ? t.onceADay : t.once}${undone}`];
}

function conditionInWords(condition: ConditionFacts, reader: Reader): string {
  const t = POLICY_WORDS[reader.language];
  switch (condition.kind) {
    case 'during': {
      const { inside, changesAt, openings } = condition;
      const words = windowInWords(openings, reader);
      // Of what is always open, or never, its state is said by the word itself.
      if (openings.every(({ kind }) => kind === 'always' || kind === 'never')) return words;
      const window = t.during(words);
      if (changesAt !== null)
        return `${window}${t.aside(`${inside ? t.openUntil : t.opensAt} ${shortTime(changesAt, reader)}`)}`;
      return `${window}${t.aside(inside ? t.open : t.closed)}`;
    }
    case 'cron': {
      const { text, timezone, nextAt } = condition;
      const facts = [
        shown(text.trim()),
        ...(timezone === reader.timezone ? [] : [timezone]),
        ...(nextAt === null ? [] : [`${t.nextTick} ${shortTime(nextAt, reader)}`]),
      ];
      return `${t.cron(cronInWords(text, reader.language))}${t.aside(facts.join(t.comma))}`;
    }
    case 'statusFor': {
      const { status, ms } = condition;
      if (status === null) return t.sameStatus(exactSpan(ms, reader.language));
      const words = status.map((each) => wordIn(reader.language, each)).join(t.or);
      return t.statusFor(words, exactSpan(ms, reader.language));
    }
    case 'balanceBelow':
      return t.balanceBelow(yuan(condition.fen));
    case 'idleFor':
    case 'expiresWithin':
    case 'runningFor':
    case 'stoppedFor':
    case 'runwayBelow':
      return t[condition.kind](exactSpan(condition.ms, reader.language));
    default:
      return assertNever(condition);
  }
}

/** One step, as the end of a sentence. */
export function stepInWords(step: StepFacts, visit: Pick<Visit, 'language'>): string {
  const t = POLICY_WORDS[visit.language];
  switch (step.kind) {
    case 'snapshot':
      return t.snapshot(shown(step.name));
    case 'renew': {
      const parts = [
        ...(step.daily === null ? [] : [t.renewDaily(step.daily)]),
        ...(step.monthly === null ? [] : [t.renewMonthly(step.monthly)]),
      ];
      return t.renew(parts.join(t.and));
    }
    case 'lengthen':
      return t.lengthen(wordIn(visit.language, step.to));
    case 'notify': {
      const to = step.to === null ? t.everybody : t.named(step.to.map(shown).join(LIST_COMMA[visit.language]));
      const told = t.notify(to, t.severities[step.severity]);
      return step.text === null ? told : `${told}${t.saying(shown(step.text))}`;
    }
    case 'stop':
    case 'cardless-stop':
    case 'start':
    case 'restart':
    case 'destroy':
      return t[step.kind];
    default:
      return assertNever(step);
  }
}
