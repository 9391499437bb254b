import type { Instance, Service } from '../fleet/instance.ts';
import type { Tracked } from '../fleet/snapshot.ts';

/**
 * Do the two say the same in every field? Written out field by field: it is asked for every row of every poll. A test
 * changes each field in turn, so that none is forgotten here.
 */
export function isUnchanged(before: Tracked, now: Tracked): boolean {
  return (
    before.firstSeenAt === now.firstSeenAt &&
    before.statusSince === now.statusSince &&
    before.upSince === now.upSince &&
    before.personStartAt === now.personStartAt &&
    before.stopMode === now.stopMode &&
    before.stoppedBy === now.stoppedBy &&
    before.missing === now.missing &&
    (before.instance === now.instance || isSameRow(before.instance, now.instance))
  );
}

function isSameRow(before: Instance, now: Instance): boolean {
  return (
    before.account === now.account &&
    before.provider === now.provider &&
    before.id === now.id &&
    before.name === now.name &&
    before.status === now.status &&
    before.rawStatus === now.rawStatus &&
    before.billing === now.billing &&
    before.rawBilling === now.rawBilling &&
    before.gpu === now.gpu &&
    before.gpuCount === now.gpuCount &&
    before.gpuType === now.gpuType &&
    before.room === now.room &&
    before.createdAt === now.createdAt &&
    before.startedAt === now.startedAt &&
    before.expiresAt === now.expiresAt &&
    before.hourlyFen === now.hourlyFen &&
    before.orderId === now.orderId &&
    before.imageId === now.imageId &&
    before.savingImage === now.savingImage &&
    before.shutdownTimerAt === now.shutdownTimerAt &&
    before.services.length === now.services.length &&
    before.services.every((service, index) => isSameService(service, now.services[index])) &&
    before.problems.length === now.problems.length &&
    before.problems.every((problem, index) => problem === now.problems[index])
  );
}

function isSameService(before: Service, now: Service | undefined): boolean {
  return now !== undefined && before.title === now.title && before.url === now.url && before.kind === now.kind;
}
