import type { FreezeReason, FrozenClass } from '../../fleet/freeze.ts';
import type { OperationReason } from '../../fleet/reason.ts';

export const CLASS: Readonly<Record<FrozenClass, string>> = {
  paid: '付费',
  destructive: '销毁类',
  reversible: '可恢复',
};

export const REASON: Readonly<Record<OperationReason | 'policy-removed' | 'no-longer-due', string>> = {
  due: '条件成立',
  'made-up': '补做错过的一次',
  afterwards: '时间窗结束后恢复',
  'by-hand': '手工要求',
  'already-so': '已经是这样',
  changed: '所针对的情况已变',
  'no-longer-due': '条件不再成立',
  'policy-removed': '策略已删除',
  hold: '有人要求保留',
  protected: '受标签保护',
  paused: '已全局暂停',
  'not-allowed': '账号不允许',
  'not-supported': '平台不支持',
  'spend-limit': '达到花费限额',
  'limit-per-pass': '达到单次上限',
  'limit-per-hour': '达到每小时上限',
  'limit-percent': '达到比例上限',
  frozen: '已冻结',
  breaker: '断路器已断开',
  'unknown-activity': '无法判断活动',
  activity: '看到了活动',
  'unknown-status': '状态未知',
  'stale-snapshot': '列表已过时',
  sending: '正在发出',
  'send-window': '耽搁太久，没有发出',
  'not-sent': '没有发出',
  'not-sent-too-often': '多次未能发出',
  accepted: '平台已接受',
  refused: '平台拒绝',
  unauthorised: '凭据被拒绝',
  throttled: '被限流',
  uncertain: '没有明确答复',
  orphan: '发送者已不在',
  verifying: '核实中',
  seen: '已看到变化',
  'seen-late': '后来看到了变化',
  excess: '变化超出要求',
  'odd-change': '变化与要求不符',
  gone: '实例不见了',
  'not-seen': '没有看到变化',
  failed: '没有成功',
  approved: '有人批准再试',
  'closed-by-person': '由人关闭',
};

/** Why an account cannot be read, by the words of the provider port. */
export const READ_FAILURE: Readonly<Record<string, string>> = {
  'not-sent': '连不上平台',
  rejected: '平台拒绝',
  uncertain: '没有明确答复',
  unauthorised: '凭据被拒绝',
  throttled: '被限流',
  protocol: '答复无法解读',
};

export const WHY_FROZEN: Readonly<Record<FreezeReason, string>> = {
  amnesia: 'Redis 里的账本不是原来那个，或者比已知的旧，可能忘了某次续费',
  excess: '某台机器付的比所要求的多',
  invariant: '发生了绝不该发生的事，这是程序缺陷',
  redis: 'Redis 的设置不足以保存付费账本',
  settling: 'Redis 刚重新启动，之前不久的付费可能还没有显示出来',
  clock: '时钟不可信',
  unreadable: 'Redis 里的冻结原因读不出来',
};

export const UNFREEZE: Readonly<Record<FreezeReason, string>> = {
  amnesia: '到各云平台的控制台查看最近几小时的续费和订单，然后执行 lamplighter reconcile --yes',
  excess: '查看账单，以及还有什么在续费，然后执行 lamplighter reconcile --yes',
  invariant: '保存日志，查看 lamplighter operations，弄清后执行 lamplighter reconcile --yes',
  redis: '改好 Redis 的设置（lamplighter validate --redis 会说明怎么改），之后自动恢复',
  settling: '无需处理，会自动恢复',
  clock: '校准时钟；与各云平台的时间一致后自动恢复',
  unreadable: '到各云平台的控制台查看，然后执行 lamplighter reconcile --yes',
};
