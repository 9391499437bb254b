/** From where on something counts as activity. */
export interface SshThresholds {
  /** Utilisation of any one card, %. */
  readonly gpuPercent: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly diskBytesPerSecond: number;
  readonly networkBytesPerSecond: number;
  /** Input on a terminal counts for so long. */
  readonly terminalMs: number;
}

/** What guards on rented machines use; a noisy image (TensorBoard, agents) needs its own. */
export const DEFAULT_THRESHOLDS: SshThresholds = {
  gpuPercent: 5,
  cpuPercent: 5,
  diskBytesPerSecond: 500_000,
  networkBytesPerSecond: 10_000,
  terminalMs: 3 * 60_000,
};

/** Signals that may be declared optional: where the machine cannot show them, the rest may still prove idleness. */
export const SSH_OPTIONAL = ['gpu', 'cpu', 'disk', 'network', 'session'] as const;
export type SshOptional = (typeof SSH_OPTIONAL)[number];
