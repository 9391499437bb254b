import { describeError } from '../telemetry/log.ts';

/** A mistake of ours for whoever reports it: what, where and why, and nothing that hangs on the errors. */
export function unexpected(error: unknown): string {
  const lines: string[] = [];
  let each: ReturnType<typeof describeError> | undefined = describeError(error);
  for (let before = 'lamplighter: '; each !== undefined; before = 'because of ') {
    lines.push(`${before}${each.name}: ${each.message}`, ...(each.stack === undefined ? [] : [each.stack]));
    each = each.cause;
  }
  return `${lines.join('\n')}\n`;
}
