import type { SavedImage } from '../port.ts';
import type { PrivateImage } from './catalogue.ts';

/** chenyu v2 "image/private-list", `save_image_status`. */
const SAVED = 2;
const FAILED = 3;

/**
 * How far the image of that name has come. Names must be unique, but a failed one may stand beside a later one of the
 * same name, so the best counts. A number that no page shows is not believed to be an end.
 */
export function savedImageNamed(name: string, images: readonly PrivateImage[]): SavedImage {
  const statuses = images.filter((image) => image.title === name).map((image) => image.saveImageStatus);
  if (statuses.length === 0) return 'absent';
  if (statuses.includes(SAVED)) return 'saved';
  return statuses.every((status) => status === FAILED) ? 'failed' : 'saving';
}
