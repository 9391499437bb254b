/** From where on something that is seen over SSH counts as activity. */
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

/** Signals that may be declared optional: where the machine cannot show them, the rest may still prove idleness. */
export const SSH_OPTIONAL = ['gpu', 'cpu', 'disk', 'network', 'session'] as const;
export type SshOptional = (typeof SSH_OPTIONAL)[number];
