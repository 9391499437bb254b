/**
 * Loaded into a daemon before its own code (`node --import`): watches its event loop and its memory, and tells whoever
 * started it when asked over the IPC channel. The daemon itself knows nothing of it.
 */
import { readFileSync } from 'node:fs';
import { Ticker } from './ticker.ts';

const ticker = new Ticker();
ticker.start();
let began = process.threadCpuUsage();

process.on('message', (message) => {
  if (message === 'reset') {
    ticker.reset();
    began = process.threadCpuUsage();
  }
  if (message !== 'read') return;
  const { user, system } = process.threadCpuUsage(began);
  const ownMs = (user + system) / 1000;
  process.send?.({ ownMs, pause: ticker.longest(), rssMb: residentMb('VmRSS'), peakMb: residentMb('VmHWM') });
});
// Neither the timer nor the channel may keep a daemon alive that wants to end.
ticker.unref();
process.channel?.unref();

/** In 10^6 bytes; from the kernel, so that it is what an operator sees. */
function residentMb(field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return (Number(line?.[1] ?? Number.NaN) * 1024) / 1e6;
}
