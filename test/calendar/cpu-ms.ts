/** What this thread has computed so far, in ms: unlike the time that has passed it does not count what others compute. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
