/** How long and how large one exchange may get. Durations are real ms: sockets know no other time. */
export interface HttpLimits {
  /** Name look-up, TCP and TLS. */
  readonly connectTimeoutMs: number;
  /** From the request's last byte to the answer's headers. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of the body. */
  readonly bodyTimeoutMs: number;
  /** One attempt in all, from connecting to the last byte: a body that drips resets `bodyTimeoutMs` for ever. */
  readonly deadlineMs: number;
  /** Largest body read where the request does not name its own limit. */
  readonly maxBytes: number;
  /** How long `close` waits for calls in the air before it cuts them. */
  readonly closeMs: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  connectTimeoutMs: 5_000,
  headersTimeoutMs: 25_000,
  bodyTimeoutMs: 10_000,
  // The send deadline that the ledger counts with; connecting and waiting for headers both fit into it.
  deadlineMs: 30_000,
  maxBytes: 1024 * 1024,
  closeMs: 5_000,
};

/**
 * For listings: 10,000 rows of about 750 bytes are 7.5 MB, so this leaves room for the largest fleets. What a cloud sends
 * is held in memory up to here, so it is no more than that.
 */
export const LISTING_MAX_BYTES = 24 * 1024 * 1024;
