const UNITS: Readonly<Record<string, string>> = {
  y: '年',
  w: '周',
  d: '天',
  h: '小时',
  m: '分',
  s: '秒',
  ms: '毫秒',
};

/** A span as it is told in Chinese: `21h 6m` and `21h6m` are `21 小时 6 分`, `30m` is `30 分钟`. What is no span stays as it is. */
export function chineseSpan(text: string): string {
  if (!/^-?(?:\d+(?:ms|[ywdhms]) ?)+$/.test(text)) return text;
  const parts = [...text.matchAll(/(-?\d+)(ms|[ywdhms])/g)];
  const isMinutes = parts.length === 1 && parts[0]?.[2] === 'm';
  return parts.map(([, count, unit = '']) => `${count} ${isMinutes ? '分钟' : UNITS[unit]}`).join(' ');
}
