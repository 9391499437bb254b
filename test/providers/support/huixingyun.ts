import { systemClock } from '../../../src/app/clock.ts';
import type { Account } from '../../../src/fleet/account.ts';
import type { Listing } from '../../../src/fleet/snapshot.ts';
import type { JsonAnswer } from '../../../src/providers/http/request.ts';
import { HuixingyunProvider } from '../../../src/providers/huixingyun/huixingyun-provider.ts';
import { decodeListing } from '../../../src/providers/huixingyun/listing.ts';
import { Words } from '../../../src/providers/huixingyun/words.ts';
import { accountOf } from './accounts.ts';
import { SHORT, TOKEN } from './clients.ts';

/** A row as the vendor's page shows it (慧星云 API doc, 获取实例列表), with the sample's gaps filled in: it is no JSON there. */
export const ROW = {
  custom_ports: [],
  app_metadata: {},
  gid: 'gpu-105b63811a4cb082',
  name: 'NVIDIA 4090 * 1',
  image: {
    image_id: '04c852e9-91a3-4444-b5de-a07acc51c39f',
    name: '0705测试',
    scene: 'Gpu',
    os: 'linux',
    description: '创建时间: 2024-07-05 14:09:31',
  },
  size: {
    gpu_type: 'geforce_rtx_4090_16u100m_105',
    scene: 'Gpu',
    disk_free: '160',
    gpu_ram: 24,
    gpu_model: 'NVIDIA 4090 * 1',
    memory: 100,
    cpu: 16,
    gpu: '1',
  },
  ip: '203.0.113.7',
  pay_method: 'Month',
  status: 'Stopped',
  create_at: '2024-07-05T15:21:21+08:00',
  expire_at: '2024-08-04T15:23:27+08:00',
  username: 'root',
  port: 30022,
  room_name: '105',
  password: 'root-password-canary',
  order_uid: '20240705173xxxx20674',
} as const;

export function listOf(...rows: readonly unknown[]): { items: readonly unknown[]; total: string } {
  return { items: rows, total: String(rows.length) };
}

export function answerOf(body: unknown, status = 200): JsonAnswer {
  return { status, body, startedAt: 1000, finishedAt: 2000, serverTimeAt: 3000, quote: () => '' };
}

const NO_WORDS = { statusWords: new Map(), billingWords: new Map() } as const;

/** The listing that a body decodes to; throws where it is none. */
export function listingOf(body: unknown, words: Pick<Account, 'statusWords' | 'billingWords'> = NO_WORDS): Listing {
  const result = decodeListing('hxy', answerOf(body), new Words(words));
  if (result.kind === 'failed') throw new Error(`${result.failure}: ${result.detail}`);
  return result.value;
}

export function huixingyun(baseUrl: string, changes: Partial<Account> = {}, token = TOKEN): HuixingyunProvider {
  return new HuixingyunProvider({
    account: accountOf(baseUrl, changes),
    token,
    clock: systemClock,
    random: () => 0,
    limits: SHORT,
  });
}
