import { enableCompileCache } from 'node:module';

// Before anything else is imported: it takes the stripping of types off every start but the first.
enableCompileCache();

const { EXIT } = await import('./exit.ts');
const { runCli } = await import('./run-cli.ts');
const { processIo } = await import('./process-io.ts');

const code = await runCli(process.argv.slice(2), processIo());
process.exitCode = code;
/** A moment for what still closes; nothing is waited for that matters. */
const LINGER_MS = 1_000;
// A process that is through must end, whatever still hangs: the library's queues go on looking for a Redis that is away.
// On a clock that cannot be relied on it ends at once.
if (code === EXIT.clock) process.exit();
setTimeout(() => process.exit(), LINGER_MS).unref();
