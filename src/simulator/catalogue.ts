import type { SimBilling, SimProvider } from './sim-instance.ts';

/** Prices in fen for one GPU. */
export interface PriceFen {
  readonly hourly: number;
  readonly daily: number;
  readonly monthly: number;
}

/** A row of huixingyun's product list (慧星云 API doc, 获取 GPU 云主机列表), with the price that the API does not give. */
export interface Product {
  readonly name: string;
  readonly gpuType: string;
  readonly room: string;
  readonly memory: number;
  readonly cpu: number;
  readonly gpuRam: number;
  readonly diskCap: number;
  readonly gpuRemain: number;
  readonly price: PriceFen;
}

export const PRODUCTS: readonly Product[] = [
  product('NVIDIA 4090', 'geforce_rtx_4090_16u100m_105', '105', 100, 16, 24, 198, 4000, 90_000),
  product('NVIDIA 4090', 'geforce_rtx_4090_16u60m_106', '106', 60, 16, 24, 178, 3600, 81_000),
  product('NVIDIA 3090', 'geforce_rtx_3090_16u60m_105', '105', 60, 16, 24, 128, 2600, 58_000),
  product('NVIDIA A100', 'a100_80g_32u240m_107', '107', 240, 32, 80, 698, 15_000, 360_000),
];

function product(
  name: string,
  gpuType: string,
  room: string,
  memory: number,
  cpu: number,
  gpuRam: number,
  hourly: number,
  daily: number,
  monthly: number,
): Product {
  const price = { hourly, daily, monthly };
  return { name, gpuType, room, memory, cpu, gpuRam, diskCap: 4000, gpuRemain: 8, price };
}

/** A row of chenyu's GPU list (v2 doc "gpu/list", v1 doc GPU列表). */
export interface GpuModel {
  readonly uuid: string;
  readonly name: string;
  readonly price: PriceFen & { readonly weekly: number; readonly yearly: number };
}

export const GPU_MODELS: readonly GpuModel[] = [
  model('gpu_87654321-4321-4321-4321-210987654321', 'NVIDIA RTX 4090', 208),
  model('gpu_30900000-4321-4321-4321-210987654321', 'NVIDIA RTX 3090', 139),
  model('gpu_a1000000-4321-4321-4321-210987654321', 'NVIDIA A100 80G', 720),
];

function model(uuid: string, name: string, hourly: number): GpuModel {
  const daily = hourly * 22;
  return { uuid, name, price: { hourly, daily, weekly: daily * 6, monthly: daily * 24, yearly: daily * 260 } };
}

/** huixingyun's GPU applications (慧星云 API doc, 获取应用列表). */
export const APPLICATIONS: readonly { readonly appType: string; readonly title: string }[] = [
  { appType: 'sd-webui', title: 'Stable Diffusion WebUI' },
  { appType: 'comfyui', title: 'ComfyUI' },
  { appType: 'openwebui', title: 'Open WebUI' },
];

export interface CatalogueImage {
  readonly id: string;
  readonly name: string;
  readonly room: string;
}

/** huixingyun's public images; images belong to one room. */
export const PUBLIC_IMAGES: readonly CatalogueImage[] = ['105', '106', '107'].flatMap((room) => [
  { id: `0917a7f0-1c03-11ef-9f0d-4faf33743${room}`, name: 'pytorch-2.4_cuda12.4', room },
  { id: `1a28b8e1-1c03-11ef-9f0d-4faf33743${room}`, name: 'app-openwebui_20240525', room },
]);

/** chenyu's application-market pods. */
export const PODS: readonly { readonly uuid: string; readonly title: string; readonly tags: readonly string[] }[] = [
  { uuid: 'pod_11111111-1111-1111-1111-111111111111', title: 'PyTorch', tags: ['v2.0', 'v2.4'] },
  { uuid: 'pod_22222222-2222-2222-2222-222222222222', title: 'ComfyUI', tags: ['v0.3'] },
];

/** chenyu's market images (v2 doc "image/market/list"). */
export const MARKET_IMAGES: readonly { readonly uuid: string; readonly name: string; readonly python: string }[] = [
  { uuid: 'img_87654321-4321-4321-4321-210987654321', name: 'PyTorch 2.0 环境', python: '3.10' },
  { uuid: 'img_22222222-4321-4321-4321-210987654321', name: 'TensorFlow 2.15', python: '3.11' },
];

/** A compute card (算力卡), the same on every chenyu account. */
export const SAMPLE_CARD = {
  uuid: 'card_11111111-1111-1111-1111-111111111111',
  title: '算力体验卡',
  cardNo: 'CARD20240101',
  validDays: 365,
  boundAt: Date.UTC(2025, 0, 1),
  expiresAt: Date.UTC(2027, 0, 1),
  saleFen: 9900,
  faceFen: 10_000,
  leaveFen: 4250,
} as const;

// What an instance of a GPU outside the catalogue costs: a price must exist, or billing would silently stop.
const UNLISTED: PriceFen = { hourly: 200, daily: 4000, monthly: 90_000 };

const prices = new Map<string, PriceFen>([
  ...PRODUCTS.map((row) => [row.gpuType, row.price] as const),
  ...GPU_MODELS.map((row) => [row.uuid, row.price] as const),
]);

/** The price in fen of one unit of `billing` for `gpuCount` GPUs. */
export function priceFen(gpu: string, gpuCount: number, billing: SimBilling): number {
  return (prices.get(gpu) ?? UNLISTED)[billing] * gpuCount;
}

/** The GPU's name as people read it. */
export function gpuName(gpu: string): string {
  const name = PRODUCTS.find((row) => row.gpuType === gpu)?.name ?? GPU_MODELS.find((row) => row.uuid === gpu)?.name;
  return name ?? 'NVIDIA GPU';
}

/** The first GPU and image of the provider's catalogue. */
export function catalogueDefaults(provider: SimProvider): {
  gpu: string;
  gpuName: string;
  room: string;
  imageId: string;
  imageName: string;
} {
  if (provider === 'huixingyun') {
    const image = PUBLIC_IMAGES[0];
    const row = PRODUCTS[0];
    if (image !== undefined && row !== undefined) {
      return { gpu: row.gpuType, gpuName: row.name, room: row.room, imageId: image.id, imageName: image.name };
    }
  }
  const image = MARKET_IMAGES[0];
  const row = GPU_MODELS[0];
  if (image === undefined || row === undefined) throw new Error('simulator: the catalogue is empty');
  return { gpu: row.uuid, gpuName: row.name, room: '', imageId: image.uuid, imageName: image.name };
}
