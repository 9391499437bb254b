import type { SshThresholds } from '../../fleet/ssh-settings.ts';

/** What guards on rented machines use; a noisy image (TensorBoard, agents) needs its own. */
export const DEFAULT_THRESHOLDS: SshThresholds = {
  gpuPercent: 5,
  cpuPercent: 5,
  diskBytesPerSecond: 500_000,
  networkBytesPerSecond: 10_000,
  terminalMs: 3 * 60_000,
};
