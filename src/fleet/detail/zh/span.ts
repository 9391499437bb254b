const UNITS = [
  ['天', 86_400_000],
  ['小时', 3_600_000],
  ['分钟', 60_000],
  ['秒', 1_000],
] as const;

/** `1 小时 30 分钟`, to the second. */
export function spanZh(ms: number): string {
  let rest = Math.round(Math.abs(ms) / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(rest / unitMs);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest %= unitMs;
  }
  return parts.length === 0 ? '0 秒' : parts.join(' ');
}
