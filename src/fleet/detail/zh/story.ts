import type { Wording } from '../spec.ts';
import type { STORY } from '../story.ts';
import { tidy } from './tidy.ts';
import { wordZh } from './words.ts';

export const ZH_STORY: Wording<typeof STORY> = {
  'operation-moved': ({ action, from, to, why }, { detail }) =>
    `${wordZh(action)}：${from === null ? '' : `${wordZh(from)} → `}${wordZh(to)}${why === null ? '' : `（${detail(why)}）`}`,
  'not-done': ({ action, whom, why }, { detail }) => tidy`没有对 ${whom} ${wordZh(action)}：${detail(why)}`,
  'now-due': ({ action, name, instance }) => tidy`应对 ${name}（${instance}）${wordZh(action)}`,
  'will-be-done': ({ policy, action, name, instance, at }, { time }) =>
    tidy`策略 ${policy} 将于 ${time(at)} 对 ${name}（${instance}）${wordZh(action)}`,
  'announcement-off': ({ policy, instance, why }) =>
    tidy`策略 ${policy} 预告对 ${instance} 的关机已取消：${wordZh(why)}`,
  'start-not-owed': ({ policy, instance, why }) => tidy`${instance} 不再需要为策略 ${policy} 开机：${wordZh(why)}`,
  'time-missed': ({ policy, target, why }, { detail }) =>
    tidy`策略 ${policy} 错过了对 ${target} 的时间：${detail(why)}`,
  'asked-elsewhere': ({ action, instance, other, operation }) =>
    tidy`没有对 ${instance} ${wordZh(action)}：同一编号的机器已在 ${other} 名下由操作 ${operation} 处理；配置里是否把同一个云账号写了两次？`,
  'hold-released': ({ by, owner, instance }) => tidy`${by} 解除了 ${owner} 对 ${instance} 的保留`,
  'acting-paused': ({ by, why }) => tidy`${by} 暂停了一切操作${why === null ? '' : `：${why}`}`,
  'acting-resumed': ({ by }) => tidy`${by} 恢复了操作`,
  'hold-placed': ({ owner, instance, until, why }, { time }) =>
    tidy`${owner} 要求保留 ${instance} 到 ${time(until)}：${why}`,

  'work-frozen': ({ account, reason, why }, { detail }) => {
    const what = account === null ? '付费和销毁操作' : tidy`账号 ${account} 的可恢复操作`;
    const said = detail(why);
    const because =
      reason === 'amnesia'
        ? 'Redis 里的账本不是原来那个，或者比原来的旧'
        : `${wordZh(reason)}${said === '' ? '' : `：${said}`}`;
    return tidy`${what} 已冻结：${because}`;
  },
  'ends-by-reconcile': ({ what }, { detail }) => `${detail(what)}；执行 lamplighter reconcile 后解除`,
  'redis-unreachable': () => '连不上',
  'redis-silent': () => '没有回应',
  'accounts-untried': () => '还没有全部试过',
};
