import { type CatalogueImage, PUBLIC_IMAGES } from './catalogue.ts';
import type { SimImage } from './sim-account.ts';
import type { SimulatedAccount } from './simulated-account.ts';

/** The account's own images that are listed by now: one still being made does not show (慧星云 API doc, 查询自定义镜像). */
export function readyImages(account: SimulatedAccount, at: number): SimImage[] {
  return account.images.filter((image) => image.readyAt <= at);
}

/** An image that the account may put on an instance: public, or its own and ready. */
export function findImage(account: SimulatedAccount, id: string | null, at: number): CatalogueImage | undefined {
  return [...PUBLIC_IMAGES, ...readyImages(account, at)].find((image) => image.id === id);
}
