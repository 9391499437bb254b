import { enableCompileCache } from 'node:module';

// Before anything else is imported: it takes the stripping of types off every start but the first.
enableCompileCache();

const { EXIT } = await import('./exit.ts');
const { runCli } = await import('./run-cli.ts');
const { processIo } = await import('./process-io.ts');

const code = await runCli(process.argv.slice(2), processIo());
process.exitCode = code;
// Here the process must end whatever still hangs: it runs on a clock that cannot be relied on.
if (code === EXIT.clock) process.exit();
