import { actionClass } from '../../fleet/action.ts';
import type { PrepaidUnit } from '../../fleet/action-call.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { Operation } from '../../fleet/operation.ts';
import type { OperationBoard } from './board-source.ts';
import { fullTime, shown, yuan } from './format.ts';
import { catalogue } from './language.ts';
import type { Visit } from './visit.ts';
import { wordIn } from './words.ts';

const DAY_MS = 86_400_000;
/** A month has 28 to 31 days, whichever the cloud means. */
const UNIT_DAYS: Readonly<Record<PrepaidUnit, readonly [least: number, most: number]>> = {
  daily: [1, 1],
  monthly: [28, 31],
};

const WORDS = catalogue({
  en: {
    units: { daily: ['day', 'days'], monthly: ['month', 'months'] },
    one: (what: string, provider: string) => `One request leaves for ${provider}: ${what}.`,
    stop: (name: string) => `stop ${name}`,
    cardless: (name: string) => `stop ${name} and give back its cards`,
    start: (name: string) => `start ${name}`,
    restart: (name: string) => `restart ${name}, which ends everything that runs on it`,
    snapshot: (name: string, image: string) => `save an image of ${name} as “${image}”`,
    renew: (name: string, count: number, unit: string) => `renew ${name} by ${count} ${unit}`,
    lengthen: (name: string, from: string, to: string) =>
      `change the billing of ${name} from ${from} to ${to}, which cannot be changed back`,
    destroy: (name: string) => `destroy ${name} with everything on its disks, which cannot be undone`,
    rebuild: (name: string, image: string) =>
      `rebuild ${name} from image ${image}, which loses everything on its system disk`,
    create: (order: string) => `order a new instance: ${order}`,
    timer: (name: string, at: string) => `let the cloud shut ${name} down at ${at}`,
    noTimer: (name: string) => `call off the cloud’s own shutdown of ${name}`,
    costs: (yuanText: string) => `It costs ${yuanText} by the configured prices.`,
    costUnknown: (kind: string) =>
      `What it costs is not known here, since no price is configured for ${kind}: look in the cloud’s console first.`,
    paidUntil: (until: string, listed: string) => `As listed at ${listed}, it is paid until ${until}.`,
    paidAfter: (until: string) => `Afterwards it is paid until ${until}.`,
    paidAfterAbout: (from: string, to: string) => `Afterwards it is paid until between ${from} and ${to}.`,
    moved: (before: string, now: string) =>
      `Its expiry has moved from ${before} to ${now} since this was asked for, so somebody has paid already. Nothing will be sent: the next attempt ends as soon as it sees that.`,
    twice: (at: string) =>
      `The request of ${at} left, and what became of it is not known. If the cloud carried it out after all, this one comes on top and is paid a second time. Look at the bill in the cloud’s console first.`,
    again: (at: string) => `The request of ${at} left, and what became of it is not known.`,
    gone: 'No listing has the instance any more.',
    closes: 'Nothing more is sent. The operation ends as cancelled and no longer keeps other work from this instance.',
    closesPaid:
      'If its request was carried out after all, that money is spent, and nobody here will look for it any more.',
  },
  zh: {
    units: { daily: ['天', '天'], monthly: ['个月', '个月'] },
    one: (what: string, provider: string) => `向 ${provider} 发出一个请求：${what}。`,
    stop: (name: string) => `关闭 ${name}`,
    cardless: (name: string) => `关闭 ${name} 并退还显卡（无卡关机）`,
    start: (name: string) => `启动 ${name}`,
    restart: (name: string) => `重启 ${name}，其上运行的一切都会中断`,
    snapshot: (name: string, image: string) => `把 ${name} 存为镜像“${image}”`,
    renew: (name: string, count: number, unit: string) => `给 ${name} 续费 ${count} ${unit}`,
    lengthen: (name: string, from: string, to: string) => `把 ${name} 的计费方式从${from}改为${to}，改后无法改回`,
    destroy: (name: string) => `销毁 ${name} 及其磁盘上的一切，无法恢复`,
    rebuild: (name: string, image: string) => `用镜像 ${image} 重装 ${name}，系统盘上的一切都会丢失`,
    create: (order: string) => `订购一台新实例：${order}`,
    timer: (name: string, at: string) => `让云在 ${at} 关闭 ${name}`,
    noTimer: (name: string) => `取消云对 ${name} 的定时关机`,
    costs: (yuanText: string) => `按配置的价格，费用为 ${yuanText}。`,
    costUnknown: (kind: string) => `这里不知道费用，因为没有给 ${kind} 配置价格：请先到云的控制台查看。`,
    paidUntil: (until: string, listed: string) => `按 ${listed} 的列表，已付费至 ${until}。`,
    paidAfter: (until: string) => `之后付费至 ${until}。`,
    paidAfterAbout: (from: string, to: string) => `之后付费至 ${from} 到 ${to} 之间。`,
    moved: (before: string, now: string) =>
      `自提出以来，它的到期时间已从 ${before} 变为 ${now}，说明有人已经付过款。不会发出任何请求：下一次尝试看到这一点就会结束。`,
    twice: (at: string) =>
      `${at} 的请求已经发出，结果不明。如果云其实已经执行，这一次就会再付一次款。请先到云的控制台核对账单。`,
    again: (at: string) => `${at} 的请求已经发出，结果不明。`,
    gone: '列表中已没有这台实例。',
    closes: '不再发出任何请求。操作以“已取消”结束，不再挡住这台实例上的其他操作。',
    closesPaid: '如果它的请求其实已经执行，钱就已经花了，此后这里不再有人追查。',
  },
});

/** A sentence about an action; `grave` ones are about money or what cannot be undone. */
export interface Consequence {
  readonly text: string;
  readonly grave: boolean;
}

/** Exactly what happens when a person approves an escalated operation. */
export function whatApprovalDoes({ operation, instance }: OperationBoard, visit: Visit): readonly Consequence[] {
  const t = WORDS[visit.language];
  const { call, costFen, sendingAt, observed } = operation;
  const time = (at: number) => fullTime(at, visit);
  const sentences: Consequence[] = [
    { text: t.one(deed(operation, visit), operation.provider), grave: isIrrevocable(operation) },
  ];
  if (isPaid(operation)) {
    sentences.push(
      costFen === null
        ? { text: t.costUnknown(shown(observed.gpuType)), grave: true }
        : { text: t.costs(yuan(costFen)), grave: true },
    );
  }
  if (call.kind === 'renew' && instance !== null && instance.expiresAt !== null) {
    const { expiresAt } = instance;
    const listed = time(instance.listedAt);
    if (observed.expiresAt !== null && observed.expiresAt !== expiresAt) {
      return [...sentences, { text: t.moved(time(observed.expiresAt), time(expiresAt)), grave: true }];
    }
    const [least, most] = UNIT_DAYS[call.unit].map((days) => expiresAt + days * call.periods * DAY_MS);
    const text =
      least === undefined || most === undefined || least === most
        ? t.paidAfter(time(least ?? expiresAt))
        : t.paidAfterAbout(time(least), time(most));
    sentences.push({ text: `${t.paidUntil(time(expiresAt), listed)} ${text}`, grave: false });
  }
  if (instance === null && call.kind !== 'create') sentences.push({ text: t.gone, grave: true });
  if (sendingAt !== null) {
    const text = isPaid(operation) ? t.twice(time(sendingAt)) : t.again(time(sendingAt));
    sentences.push({ text, grave: isPaid(operation) });
  }
  return sentences;
}

/** Exactly what happens when a person closes it. */
export function whatClosingDoes({ operation }: OperationBoard, visit: Visit): readonly Consequence[] {
  const t = WORDS[visit.language];
  const closes = { text: t.closes, grave: false };
  return isPaid(operation) && operation.sendingAt !== null ? [closes, { text: t.closesPaid, grave: true }] : [closes];
}

/** What is asked of the cloud, as the end of a sentence. */
export function deed(operation: Operation, visit: Visit): string {
  const t = WORDS[visit.language];
  const { call, instance, instanceName, observed } = operation;
  const name = instanceName === '' ? shown(instance) : `${shown(instanceName)} (${shown(instance)})`;
  switch (call.kind) {
    case 'stop':
      return t.stop(name);
    case 'cardless-stop':
      return t.cardless(name);
    case 'start':
      return t.start(name);
    case 'restart':
      return t.restart(name);
    case 'snapshot':
      return t.snapshot(name, shown(call.name));
    case 'renew':
      return t.renew(name, call.periods, t.units[call.unit][call.periods === 1 ? 0 : 1] ?? '');
    case 'lengthen':
      return t.lengthen(name, wordIn(visit.language, observed.billing), wordIn(visit.language, call.to));
    case 'destroy':
      return t.destroy(name);
    case 'rebuild':
      return t.rebuild(name, shown(call.imageId));
    case 'create':
      return t.create(
        Object.entries(call.order)
          .map(([key, value]) => `${key}=${shown(String(value))}`)
          .join(', '),
      );
    case 'shutdown-timer':
      return call.at === null ? t.noTimer(name) : t.timer(name, fullTime(call.at, visit));
    default:
      return assertNever(call);
  }
}

function isPaid({ action }: Operation): boolean {
  return actionClass(action) === 'paid';
}

function isIrrevocable({ action }: Operation): boolean {
  return actionClass(action) !== 'reversible';
}
