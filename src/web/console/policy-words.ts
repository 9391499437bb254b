import { html } from 'hono/html';
import { assertNever } from '../../fleet/assert-never.ts';
import type { ConditionFacts, PolicyFacts, StepFacts } from './board-source.ts';
import { shown, span, time, yuan } from './format.ts';
import { catalogue, LIST_COMMA } from './language.ts';
import type { Html, Visit } from './visit.ts';
import { wordIn } from './words.ts';

/** In which language and at what time of which zone a policy is put in words. */
export type Reader = Pick<Visit, 'language' | 'timezone' | 'now'>;

export const POLICY_WORDS = catalogue({
  en: {
    everything: 'On every instance',
    accounts: 'On every account',
    where: 'On each instance where',
    accountWhere: 'On each account where',
    when: 'when all of this holds',
    always: 'always',
    does: 'it will',
    wouldDo: 'it would, if it were to act,',
    and: ' and ',
    comma: ', ',
    colon: ':',
    fullStop: '.',
    idleFor: (ms: string) => `it has been proven idle for ${ms}`,
    during: 'the time is within',
    openUntil: 'open now, until',
    opensAt: 'closed now, opens',
    open: 'open now',
    closed: 'closed now',
    cron: 'the schedule has ticked',
    nextTick: 'next',
    expiresWithin: (ms: string) => `it expires within ${ms}`,
    runningFor: (ms: string) => `it has been up for more than ${ms}`,
    stoppedFor: (ms: string) => `it has been stopped for more than ${ms}`,
    statusFor: (status: string, ms: string) => `its status has been ${status} for more than ${ms}`,
    anyStatus: 'the same',
    or: ' or ',
    balanceBelow: (money: string) => `the account has less than ${money}`,
    runwayBelow: (ms: string) => `the account’s money lasts for less than ${ms}`,
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
    severities: { info: 'info', warning: 'warning', critical: 'critical' },
    everybody: 'every notifier',
    notice: (ms: string) => `It is announced ${ms} before, and a hold or any activity calls it off.`,
    requireNotice: 'It is not done where the announcement could not be delivered.',
    minimumUptime: (ms: string) => `Not within ${ms} of the start of the machine.`,
    cooldown: (ms: string) => `Not again on the same machine within ${ms}.`,
    afterwards: 'When the window closes, what it stopped is started again.',
    limits: (parts: string) => `At most ${parts}.`,
    perPass: (count: number) => `${count} at once`,
    perHour: (count: number) => `${count} an hour`,
    percent: (count: number) => `${count} % of an account’s machines in a minute`,
    catchUp: (ms: string) => `A tick that was missed is made up for within ${ms}.`,
    zone: (zone: string) => `Its times are those of ${zone}.`,
  },
  zh: {
    everything: '对每一台实例',
    accounts: '对每一个账号',
    where: '对符合以下条件的实例',
    accountWhere: '对符合以下条件的账号',
    when: '当以下全部成立时',
    always: '任何时候',
    does: '就',
    wouldDo: '若要动手，就会',
    and: '，并且',
    comma: '，',
    colon: '：',
    fullStop: '。',
    idleFor: (ms: string) => `已证实空闲满 ${ms}`,
    during: '时间在窗口内',
    openUntil: '现在开着，到',
    opensAt: '现在关着，下次开启',
    open: '现在开着',
    closed: '现在关着',
    cron: '到了计划的时刻',
    nextTick: '下次',
    expiresWithin: (ms: string) => `${ms}内到期`,
    runningFor: (ms: string) => `已连续运行超过 ${ms}`,
    stoppedFor: (ms: string) => `已关机超过 ${ms}`,
    statusFor: (status: string, ms: string) => `状态为“${status}”已超过 ${ms}`,
    anyStatus: '同一状态',
    or: '或',
    balanceBelow: (money: string) => `账号余额低于 ${money}`,
    runwayBelow: (ms: string) => `账号余额撑不到 ${ms}`,
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
    notify: (to: string, severity: string) => `通知 ${to}（${severity}）`,
    severities: { info: '一般', warning: '警告', critical: '紧急' },
    everybody: '所有通知渠道',
    notice: (ms: string) => `提前 ${ms}预告；有人保留或有任何活动就取消。`,
    requireNotice: '预告没能送达就不做。',
    minimumUptime: (ms: string) => `开机 ${ms}内不动。`,
    cooldown: (ms: string) => `同一台实例 ${ms}内不重复。`,
    afterwards: '窗口结束后，把它关掉的重新开机。',
    limits: (parts: string) => `最多${parts}。`,
    perPass: (count: number) => `一次 ${count} 台`,
    perHour: (count: number) => `每小时 ${count} 台`,
    percent: (count: number) => `一分钟内不超过账号实例的 ${count} %`,
    catchUp: (ms: string) => `错过的时刻在 ${ms}内补做。`,
    zone: (zone: string) => `时间按 ${zone}。`,
  },
});

/** A policy as a sentence that can be read aloud. */
export function policyInWords(facts: PolicyFacts, visit: Visit): Html {
  const t = POLICY_WORDS[visit.language];
  const isAccount = facts.scope === 'account';
  const whom = facts.matchesAll
    ? html`${isAccount ? t.accounts : t.everything}`
    : html`${isAccount ? t.accountWhere : t.where} <code>${shown(facts.match)}</code>`;
  const when =
    facts.conditions.length === 0
      ? html`${t.always}`
      : html`${t.when}${t.colon}<ul>${facts.conditions.map((condition) => html`<li>${conditionInWords(condition, visit)}</li>`)}</ul>`;
  return html`<div class="in-words"><p>${whom}${t.comma}${when}</p><p>${facts.mode === 'observe' ? t.wouldDo : t.does} ${facts.steps.map((step, i) => html`${i > 0 ? t.and : ''}<b>${stepInWords(step, visit)}</b>`)}${t.fullStop}</p></div>`;
}

/** What holds it back besides its conditions; each a sentence. */
export function cautionsInWords(facts: PolicyFacts, visit: Reader): readonly string[] {
  const t = POLICY_WORDS[visit.language];
  const { noticeMs, minimumUptimeMs, cooldownMs, limits } = facts;
  const bounds =
    limits === null
      ? []
      : [
          ...(limits.perPass === null ? [] : [t.perPass(limits.perPass)]),
          ...(limits.perHour === null ? [] : [t.perHour(limits.perHour)]),
          ...(limits.percent === null ? [] : [t.percent(limits.percent)]),
        ];
  return [
    ...(noticeMs > 0 ? [t.notice(span(noticeMs, visit.language))] : []),
    ...(facts.requireNotice ? [t.requireNotice] : []),
    ...(minimumUptimeMs > 0 ? [t.minimumUptime(span(minimumUptimeMs, visit.language))] : []),
    ...(cooldownMs > 0 ? [t.cooldown(span(cooldownMs, visit.language))] : []),
    ...(facts.startsAfterwards ? [t.afterwards] : []),
    ...(bounds.length > 0 ? [t.limits(bounds.join(t.comma))] : []),
    ...(facts.conditions.some(({ kind }) => kind === 'cron') ? [t.catchUp(span(facts.catchUpMs, visit.language))] : []),
    ...(facts.conditions.some(({ kind }) => kind === 'during') && facts.timezone !== visit.timezone
      ? [t.zone(facts.timezone)]
      : []),
  ];
}

function conditionInWords(condition: ConditionFacts, visit: Visit): Html {
  const t = POLICY_WORDS[visit.language];
  switch (condition.kind) {
    case 'during': {
      const { inside, changesAt, text } = condition;
      const state =
        changesAt === null
          ? html`${inside ? t.open : t.closed}`
          : html`${inside ? t.openUntil : t.opensAt} ${time(changesAt, visit)}`;
      return html`${t.during} <code>${shown(text)}</code> <small class="inline">${state}</small>`;
    }
    case 'cron':
      return html`${t.cron} <code>${shown(condition.text)}</code> <small class="inline">${condition.timezone}${condition.nextAt === null ? '' : html` · ${t.nextTick} ${time(condition.nextAt, visit)}`}</small>`;
    case 'statusFor': {
      const { status } = condition;
      const words = status === null ? t.anyStatus : status.map((each) => wordIn(visit.language, each)).join(t.or);
      return html`${t.statusFor(words, span(condition.ms, visit.language))}`;
    }
    case 'balanceBelow':
      return html`${t.balanceBelow(yuan(condition.fen))}`;
    case 'idleFor':
    case 'expiresWithin':
    case 'runningFor':
    case 'stoppedFor':
    case 'runwayBelow':
      return html`${t[condition.kind](span(condition.ms, visit.language))}`;
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
      return t.renew(parts.join(t.comma));
    }
    case 'lengthen':
      return t.lengthen(wordIn(visit.language, step.to));
    case 'notify':
      return t.notify(
        step.to === null ? t.everybody : step.to.map(shown).join(LIST_COMMA[visit.language]),
        t.severities[step.severity],
      );
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
