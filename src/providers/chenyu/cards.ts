import type { Fen } from '../../fleet/money.ts';

/**
 * A card counts as expired this long before its `expire_date`: the sample's date ends at midnight UTC, which is the next
 * morning in China, so nobody can say which midnight is meant (card/list).
 */
const EXPIRY_CAUTION_MS = 24 * 3_600_000;

/**
 * What is left on the cards that are surely still good, in fen. A card whose amount or expiry cannot be read is not
 * counted. Cards may be bound to certain pods, so this is shown beside the cash and never added to it.
 */
export function usableCardsFen(
  cards: readonly { readonly leftFen: Fen | null; readonly expiresAt: number | null }[],
  now: number,
): Fen {
  let sum = 0;
  for (const card of cards) {
    if (card.leftFen === null || card.leftFen <= 0) continue;
    if (card.expiresAt === null || card.expiresAt - EXPIRY_CAUTION_MS <= now) continue;
    sum += card.leftFen;
  }
  return sum;
}
