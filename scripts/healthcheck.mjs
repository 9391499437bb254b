// The container's health check: exits 0 when the daemon answers its liveness question. Imports nothing of the program, so that it
// stays cheap and cannot fail for the program's reasons. LAMPLIGHTER_HEALTH_URL serves those who listen elsewhere.

const url = process.env.LAMPLIGHTER_HEALTH_URL ?? 'http://127.0.0.1:8080/healthz';
try {
  // Below the health check's own limit of 5 s, so that the reason is printed and not only "timed out".
  const answer = await fetch(url, { signal: AbortSignal.timeout(4_000), redirect: 'error' });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
} catch (error) {
  process.stderr.write(`${url}: ${error.cause?.message ?? error.message}\n`);
  process.exitCode = 1;
}
