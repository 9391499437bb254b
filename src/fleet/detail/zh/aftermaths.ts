import type { Aftermaths } from '../../aftermath.ts';

const MEMORY = '内存中的一切：运行中的程序、内核、终端、队列、未保存的内容';
const DISKS = '关机期间磁盘保留多久、如何收费';
const CARD = '再次开机时有没有空闲显卡';

/** As the English ones, which say by which pages of the clouds. */
export const ZH_AFTERMATHS: Aftermaths = {
  huixingyun: {
    stop: { keeps: '实例，普通开机即可恢复', loses: MEMORY, notDocumented: `${DISKS}，${CARD}` },
    'cardless-stop': {
      keeps: '实例，无卡开机即可恢复',
      loses: MEMORY,
      notDocumented: `${DISKS}，显卡是否退还，${CARD}`,
    },
    restart: { keeps: '实例', loses: MEMORY, notDocumented: '是否还有别的变化' },
    snapshot: { keeps: '实例，以及它的镜像', loses: '文档没有说会丢失什么', notDocumented: '是否会为此关机' },
    destroy: { keeps: '没有', loses: '实例和上面的一切，无法恢复', notDocumented: '单独创建的磁盘和镜像会怎样' },
    rebuild: { keeps: '实例', loses: '原有系统，会由镜像重装', notDocumented: DISKS },
  },
  chenyu: {
    stop: { keeps: '实例，开机即可恢复', loses: MEMORY, notDocumented: `${DISKS}，关机后何时被释放，${CARD}` },
    restart: { keeps: '实例', loses: MEMORY, notDocumented: '是否还有别的变化' },
    snapshot: { keeps: '实例（会关机），以及它的镜像', loses: MEMORY, notDocumented: '保存要多久' },
  },
  'chenyu-v1': {
    stop: { keeps: '实例，开机即可恢复', loses: MEMORY, notDocumented: `${DISKS}，关机后何时被释放，${CARD}` },
    restart: { keeps: '实例', loses: MEMORY, notDocumented: '是否还有别的变化' },
    destroy: { keeps: '没有', loses: '实例和上面的一切，无法恢复', notDocumented: '单独创建的磁盘和镜像会怎样' },
  },
};
