/** After a refusal by the cloud a new attempt may follow, so late and so often. */
export const RETRY_AFTER_REFUSAL_MS = 3_600_000;
export const REFUSALS_PER_DAY = 3;
