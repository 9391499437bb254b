import { gpuName, PRODUCTS, type Product } from './catalogue.ts';
import { toShanghaiRfc3339, toShanghaiText } from './shanghai-time.ts';
import type { SimBilling, SimInstance, SimStatus } from './sim-instance.ts';

// 慧星云 API doc, 获取实例列表 shows only "Stopped" and "Month"; the other words are taken for granted.
const STATUS_WORDS = {
  ordered: 'Creating',
  creating: 'Creating',
  created: 'Stopped',
  starting: 'Starting',
  running: 'Running',
  stopping: 'Stopping',
  stopped: 'Stopped',
  restarting: 'Restarting',
  destroyed: 'Stopped',
} as const satisfies Record<SimStatus, string>;

const PAY_METHODS = { hourly: 'Hour', daily: 'Day', monthly: 'Month' } as const satisfies Record<SimBilling, string>;

const UNLISTED: Pick<Product, 'memory' | 'cpu' | 'gpuRam'> = { memory: 60, cpu: 16, gpuRam: 24 };

/**
 * A row of `/gpu/instances/list` in the sample's order of fields, with its quirks: `size.gpu` and `size.disk_free` are
 * texts, the root password is in clear, and nothing tells which kind of stop was used.
 */
export function huixingyunRow(instance: SimInstance): unknown {
  const product = PRODUCTS.find((row) => row.gpuType === instance.gpu) ?? UNLISTED;
  return {
    custom_ports: [],
    app_metadata: {},
    gid: instance.id,
    name: instance.name,
    image: {
      image_id: instance.imageId,
      name: instance.imageName,
      scene: 'Gpu',
      os: 'linux',
      description: `创建时间: ${toShanghaiText(instance.createdAt)}`,
    },
    size: {
      gpu_type: instance.gpu,
      scene: 'Gpu',
      disk_free: '160',
      gpu_ram: product.gpuRam,
      gpu_model: `${gpuName(instance.gpu)} * ${instance.gpuCount}`,
      memory: product.memory,
      cpu: product.cpu,
      gpu: String(instance.gpuCount),
    },
    ip: instance.ip,
    pay_method: instance.billingWord ?? PAY_METHODS[instance.billing],
    status: instance.statusWord ?? STATUS_WORDS[instance.status],
    create_at: toShanghaiRfc3339(instance.createdAt),
    expire_at: instance.expireText ?? (instance.expiresAt === null ? '' : toShanghaiRfc3339(instance.expiresAt)),
    username: 'root',
    port: instance.port,
    room_name: instance.room,
    password: instance.password,
    order_uid: instance.orderUid,
  };
}
