import { enableCompileCache } from 'node:module';

// Before anything else is imported: it takes the stripping of types off every start but the first.
enableCompileCache();

const { runCli } = await import('./run-cli.ts');
const { processIo } = await import('./process-io.ts');

process.exitCode = await runCli(process.argv.slice(2), processIo());
