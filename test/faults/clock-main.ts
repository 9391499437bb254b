// `lamplighter …` on a wall clock that the test sets. The other clock, which cannot be set, is the operating system's.
const real = Date.now.bind(Date);
let aheadMs = Number(process.env.CLOCK_AHEAD_MS ?? 0);
Date.now = () => real() + aheadMs;

process.on('message', (message: unknown) => {
  if (typeof message !== 'object' || message === null || !('aheadMs' in message)) return;
  aheadMs = Number(message.aheadMs);
});
// The test's own end is no reason to stay.
process.channel?.unref();

await import('../../src/cli/main.ts');
