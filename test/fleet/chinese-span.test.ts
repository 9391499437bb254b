import { expect, test } from 'vitest';
import { chineseSpan } from '../../src/fleet/chinese-span.ts';

test.each([
  ['21h 6m', '21 小时 6 分'],
  ['21h6m', '21 小时 6 分'],
  ['30m', '30 分钟'],
  ['3d 4h', '3 天 4 小时'],
  ['1w', '1 周'],
  ['1h0m5s', '1 小时 0 分 5 秒'],
  ['500ms', '500 毫秒'],
  ['0s', '0 秒'],
  ['-5m', '-5 分钟'],
  ['', ''],
  ['m', 'm'],
  ['30 min', '30 min'],
  ['until 3h', 'until 3h'],
])('%j is %j in Chinese', (text, chinese) => {
  expect(chineseSpan(text)).toBe(chinese);
});
