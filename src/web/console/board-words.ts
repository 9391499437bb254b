import type { FreezeReason } from '../../fleet/freeze.ts';
import type { OperationReason } from '../../fleet/reason.ts';
import { catalogue, type Language } from './language.ts';
import { wordIn } from './words.ts';

/** Chinese for the reasons of operations that are no reasons of decisions. */
const REASONS: Readonly<Partial<Record<OperationReason, string>>> = {
  'already-so': '已是如此',
  changed: '情况已变',
  'no-longer-due': '不再需要',
  'policy-removed': '策略已删',
  activity: '有活动',
  sending: '正要发出',
  'send-window': '错过发送时机',
  'not-sent': '没有发出',
  'not-sent-too-often': '多次没能发出',
  accepted: '云已受理',
  refused: '云已拒绝',
  unauthorised: '凭证被拒',
  throttled: '被限流',
  uncertain: '回答不明',
  orphan: '发送者已不在',
  verifying: '核实中',
  seen: '已看到结果',
  'seen-late': '迟些才看到结果',
  excess: '多于所求',
  'odd-change': '变化与所求不符',
  gone: '实例已不在',
  'not-seen': '没有看到结果',
  failed: '没有成功',
  approved: '已批准',
  'closed-by-person': '人工关闭',
};

/** A reason of an operation or a decision, as the reader reads it. */
export function reasonIn(language: Language, reason: string): string {
  const known = Object.entries(REASONS).find(([word]) => word === reason);
  return language === 'zh' && known !== undefined ? known[1] : wordIn(language, reason);
}

/** Why an operation was handed to a person, in a sentence. */
export const ESCALATIONS = catalogue<Readonly<Record<string, string>>>({
  en: {
    'not-seen':
      'The request left, and no listing since has shown what it asked for. Whether the cloud carried it out is not known.',
    'odd-change': 'Something changed, but not what was asked for.',
    gone: 'The instance is not listed any more.',
  },
  zh: {
    'not-seen': '请求已经发出，此后的列表都没有显示所求的结果。云是否执行了它，并不知道。',
    'odd-change': '有变化，但不是所要求的变化。',
    gone: '列表中已没有这台实例。',
  },
});

interface FreezeWords {
  readonly why: string;
  readonly ends: string;
}

/** Why something is frozen, and what ends that. */
export const FREEZES = catalogue<Readonly<Record<FreezeReason, FreezeWords>>>({
  en: {
    amnesia: {
      why: 'the ledger in Redis is not the one that was known, or is older than it was, so a payment may be forgotten',
      ends: 'look in the clouds’ consoles for renewals and orders of the last hours, then run lamplighter reconcile --yes',
    },
    excess: {
      why: 'a machine was paid for by more than was asked for',
      ends: 'look at the bill and at what else renews, then run lamplighter reconcile --yes',
    },
    invariant: {
      why: 'something happened that must never happen, which is a bug',
      ends: 'keep the log, look at the operations, then run lamplighter reconcile --yes',
    },
    redis: {
      why: 'Redis is not set up to keep a ledger of paid calls',
      ends: 'it ends by itself when Redis is set right; lamplighter validate --redis says how',
    },
    settling: {
      why: 'Redis was started anew, or this state directory is new, so what was paid before may not be known yet',
      ends: 'it ends by itself when all that may have been paid must have shown in a listing',
    },
    clock: {
      why: 'the clock cannot be trusted',
      ends: 'it ends by itself when the clock is right and the clouds tell the same time',
    },
    unreadable: {
      why: 'the stored freeze cannot be read',
      ends: 'look in the clouds’ consoles, then run lamplighter reconcile --yes',
    },
  },
  zh: {
    amnesia: {
      why: 'Redis 里的账本不是原来那本，或比原来旧，可能忘了付过的款',
      ends: '到云的控制台查看最近几小时的续费和订单，然后执行 lamplighter reconcile --yes',
    },
    excess: {
      why: '有实例付的款多于所求',
      ends: '查看账单，以及还有什么在续费，然后执行 lamplighter reconcile --yes',
    },
    invariant: {
      why: '发生了绝不该发生的事，这是程序缺陷',
      ends: '保留日志，查看各操作，然后执行 lamplighter reconcile --yes',
    },
    redis: {
      why: 'Redis 的设置不足以保存付费操作的账本',
      ends: 'Redis 设置正确后自行解除；lamplighter validate --redis 会说明怎么改',
    },
    settling: {
      why: 'Redis 刚重新启动，或状态目录是新的，之前付过的款可能还看不到',
      ends: '等可能付过的款都该在列表中显示后，自行解除',
    },
    clock: { why: '时钟不可信', ends: '时钟正确、各云的时间也一致后，自行解除' },
    unreadable: { why: '保存的冻结记录读不出来', ends: '到云的控制台查看，然后执行 lamplighter reconcile --yes' },
  },
});

/** How much of a command line stands in a sentence: shown as it is to be typed. */
export const COMMAND = /(lamplighter [a-z]+(?: --[a-z]+)*)/;
