import type { Aftermaths } from '../../aftermath.ts';

const MEMORY = 'everything in memory: running programs, kernels, terminals, queues, what was not saved';
const DISKS = 'how long its disks are kept while it is stopped, and what that costs';

/**
 * Reviewed against the clouds' own pages: 慧星云 API doc (关机, 无卡关机, 销毁实例, 创建镜像), 晨羽智云 open v2 (关机, 保存镜像), center-ai v1
 * (Pod实例定时关机, 销毁Pod实例). What stands there is said and what does not is said to be undocumented; nothing is taken from what other
 * clouds do. An action that a cloud has not is not in its row, and one that interrupts and is missing here is refused by a test.
 */
export const EN_AFTERMATHS: Aftermaths = {
  huixingyun: {
    stop: {
      keeps: 'the instance, which a normal start brings up again',
      loses: MEMORY,
      notDocumented: `${DISKS}, and whether a card is free at the next start`,
    },
    'cardless-stop': {
      keeps: 'the instance, which a cardless start (无卡开机) brings up again',
      loses: MEMORY,
      notDocumented: `${DISKS}, whether the card is given back, and whether one is free at the next start`,
    },
    restart: { keeps: 'the instance', loses: MEMORY, notDocumented: 'whether anything else changes' },
    snapshot: {
      keeps: 'the instance, and an image of it',
      loses: 'nothing that is documented',
      notDocumented: 'whether the machine is stopped for it',
    },
    destroy: {
      keeps: 'nothing',
      loses: 'the instance and whatever is on it, for good',
      notDocumented: 'what becomes of disks and images made apart from it',
    },
    rebuild: { keeps: 'the instance', loses: 'its system, which is made anew from an image', notDocumented: DISKS },
  },
  chenyu: {
    stop: {
      keeps: 'the instance, which a start brings up again',
      loses: MEMORY,
      notDocumented: `${DISKS}, when a stopped machine is released, and whether a card is free at the next start`,
    },
    restart: { keeps: 'the instance', loses: MEMORY, notDocumented: 'whether anything else changes' },
    snapshot: {
      keeps: 'the instance, shut down, and an image of it',
      loses: MEMORY,
      notDocumented: 'how long saving takes',
    },
  },
  'chenyu-v1': {
    stop: {
      keeps: 'the instance, which a start brings up again',
      loses: MEMORY,
      notDocumented: `${DISKS}, when a stopped machine is released, and whether a card is free at the next start`,
    },
    restart: { keeps: 'the instance', loses: MEMORY, notDocumented: 'whether anything else changes' },
    destroy: {
      keeps: 'nothing',
      loses: 'the instance and whatever is on it, for good (销毁)',
      notDocumented: 'what becomes of disks and images made apart from it',
    },
  },
};
