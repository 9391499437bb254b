import type { Cause, Outcome } from './outcome.ts';
import { randomUuid } from './random.ts';
import type { SimInstance } from './sim-instance.ts';
import type { SimulatedAccount } from './simulated-account.ts';
import { head } from './transitions.ts';

function listed(account: SimulatedAccount, id: string): SimInstance | null {
  const instance = account.raw(id);
  return instance === undefined || instance.status === 'ordered' ? null : instance;
}

function isExpired(instance: SimInstance, at: number): boolean {
  return instance.expiresAt !== null && instance.expiresAt <= at;
}

/** 慧星云 实例关机; chenyu v2 "shutdown": running instances only. */
export function stop(account: SimulatedAccount, id: string, cause: Cause, how: { cardless: boolean }): Outcome {
  const instance = listed(account, id);
  if (instance === null) return 'not-found';
  if (instance.status !== 'running') return 'wrong-status';
  if (instance.saveStatus === 1) return 'saving';
  account.record('stop', cause, instance, { cardless: how.cardless });
  instance.cardless = how.cardless;
  instance.shutdownAt = null;
  head(instance, 'stopping', 'stopped', cause.at, account.rules.stoppingMs);
  account.touch(instance);
  return null;
}

/**
 * 慧星云 实例开机 has one endpoint per way of stopping: `cardless` tells which was called, and the other is refused.
 * null (chenyu) starts either.
 */
export function start(
  account: SimulatedAccount,
  id: string,
  cause: Cause,
  how: { cardless: boolean | null; gpu?: string; gpuCount?: number },
): Outcome {
  const instance = listed(account, id);
  if (instance === null) return 'not-found';
  if (instance.status !== 'stopped' && instance.status !== 'created') return 'wrong-status';
  if (how.cardless !== null && how.cardless !== instance.cardless) return 'wrong-stop-mode';
  if (instance.saveStatus === 1) return 'saving';
  if (isExpired(instance, cause.at)) return 'expired';
  if (instance.billing === 'hourly' && !account.solvent) return 'no-balance';
  // A normal stop on huixingyun is taken to keep the card, so only the others compete for one.
  const keptItsCard = how.cardless === false;
  const gpu = how.gpu ?? instance.gpu;
  const noCard = account.isOutOfStock(gpu) && !keptItsCard;
  if (noCard && account.rules.outOfStock === 'refuse') return 'no-stock';
  instance.gpu = gpu;
  instance.gpuCount = how.gpuCount ?? instance.gpuCount;
  account.record('start', cause, instance, { cardless: instance.cardless });
  head(instance, 'starting', noCard ? 'stopped' : 'running', cause.at, account.rules.startingMs);
  account.touch(instance);
  return null;
}

/** 慧星云 实例重启; chenyu v1 and v2 "restart". */
export function restart(account: SimulatedAccount, id: string, cause: Cause): Outcome {
  const instance = listed(account, id);
  if (instance === null) return 'not-found';
  if (instance.status !== 'running') return 'wrong-status';
  if (instance.saveStatus === 1) return 'saving';
  account.record('restart', cause, instance);
  head(instance, 'restarting', 'running', cause.at, account.rules.restartingMs);
  account.touch(instance);
  return null;
}

/** 慧星云 销毁实例: hourly and shut down only. The instance leaves the listing at once. */
export function destroy(account: SimulatedAccount, id: string, cause: Cause): Outcome {
  const instance = listed(account, id);
  if (instance === null) return 'not-found';
  if (instance.billing !== 'hourly') return 'wrong-billing';
  if (instance.status !== 'stopped') return 'wrong-status';
  account.record('destroy', cause, instance);
  account.drop(id);
  return null;
}

/** chenyu v1 `/app/instance/stop`, titled 销毁Pod实例: whatever the status, the instance ends as 9 已销毁. */
export function destroyForGood(account: SimulatedAccount, id: string, cause: Cause): Outcome {
  const instance = listed(account, id);
  if (instance === null) return 'not-found';
  if (instance.status === 'destroyed') return 'wrong-status';
  account.record('destroy', cause, instance);
  instance.status = 'destroyed';
  instance.next = null;
  instance.shutdownAt = null;
  account.touch(instance);
  return null;
}

/** 慧星云 重装镜像: taken to need a shut-down instance; the image must be of the instance's room. */
export function rebuild(
  account: SimulatedAccount,
  id: string,
  cause: Cause,
  image: { id: string; name: string; room: string },
): Outcome {
  const instance = listed(account, id);
  if (instance === null) return 'not-found';
  if (instance.status !== 'stopped') return 'wrong-status';
  if (image.room !== instance.room) return 'bad-argument';
  account.record('rebuild', cause, instance);
  instance.imageId = image.id;
  instance.imageName = image.name;
  account.touch(instance);
  return null;
}

/** 慧星云 保存镜像: the image is listed after a while; the instance goes on as it was. */
export function snapshot(account: SimulatedAccount, id: string, cause: Cause, image: { name: string }): Outcome {
  const instance = listed(account, id);
  if (instance === null) return 'not-found';
  if (instance.status !== 'running' && instance.status !== 'stopped') return 'wrong-status';
  if (image.name === '') return 'bad-argument';
  account.record('snapshot', cause, instance);
  addImage(account, instance, cause, {
    name: image.name,
    remark: '',
    readyAt: cause.at + account.rules.snapshotMs,
    status: 2,
  });
  return null;
}

/** chenyu v2 "save-image": running only, unique name, and the instance shuts down when the image is uploaded. */
export function saveImage(
  account: SimulatedAccount,
  id: string,
  cause: Cause,
  image: { name: string | null; remark: string },
): Outcome {
  const instance = listed(account, id);
  if (instance === null) return 'not-found';
  if (instance.status !== 'running') return 'wrong-status';
  if (instance.saveStatus === 1) return 'saving';
  const name = image.name ?? `${instance.name}-${cause.at}`;
  if (account.images.some((known) => known.name === name)) return 'duplicate-name';
  account.record('snapshot', cause, instance);
  const readyAt = cause.at + account.rules.saveImageMs;
  addImage(account, instance, cause, { name, remark: image.remark, readyAt, status: 1 });
  instance.saveStatus = 1;
  instance.saveDoneAt = readyAt;
  account.touch(instance);
  return null;
}

function addImage(
  account: SimulatedAccount,
  source: SimInstance,
  cause: Cause,
  image: { name: string; remark: string; readyAt: number; status: 1 | 2 },
): void {
  account.images.push({
    ...image,
    id: account.provider === 'huixingyun' ? randomUuid(account.random) : `img_${randomUuid(account.random)}`,
    room: source.room,
    sourceId: source.id,
    createdAt: cause.at,
  });
}

/** Arms or, with null, cancels the shutdown timer. `minLeadMs`: how far ahead it must lie. */
export function setShutdownTimer(
  account: SimulatedAccount,
  id: string,
  cause: Cause,
  timer: { shutdownAt: number | null; minLeadMs: number },
): Outcome {
  const instance = listed(account, id);
  if (instance === null) return 'not-found';
  if (instance.status !== 'running') return 'wrong-status';
  if (timer.shutdownAt !== null && timer.shutdownAt < cause.at + timer.minLeadMs) return 'bad-argument';
  account.record(timer.shutdownAt === null ? 'timer-cancel' : 'timer-set', cause, instance);
  instance.shutdownAt = timer.shutdownAt;
  account.touch(instance);
  return null;
}
