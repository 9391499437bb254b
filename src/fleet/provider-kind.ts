/** One cloud API family each: 慧星云, 晨羽智云 open v2, 晨羽智云 v1 ("center-ai"). */
export const PROVIDER_KINDS = ['huixingyun', 'chenyu', 'chenyu-v1'] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

/** Where each cloud's API lives (慧星云 API doc "鉴权示例"; 晨羽 v2 introduction; center-ai "Base URLs"). Origins only. */
export const DEFAULT_BASE_URL: Readonly<Record<ProviderKind, string>> = {
  huixingyun: 'https://api-v1.huixingyun.com',
  chenyu: 'https://www.chenyu.cn',
  'chenyu-v1': 'https://www.chenyu.cn',
};
