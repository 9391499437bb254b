import { getContainerRuntimeClient } from 'testcontainers';
import { startVitest } from 'vitest/node';

// `npm run test:containers`: the image and docker-compose.yml for real, beside simulated clouds. It takes some minutes and is no part of
// `npm test`, because it needs a Docker engine. What else stands on the line are parts of file names.
try {
  await getContainerRuntimeClient();
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `npm run test:containers needs a Docker engine, and none answers here (${why}).\nStart one, or name it by DOCKER_HOST; everything else is tested by: npm test\n`,
  );
  process.exit(1);
}
await startVitest('test', process.argv.slice(2), {
  watch: false,
  // Not the one of `npm test`, whose parts name their own files.
  config: false,
  testTimeout: 300_000,
  hookTimeout: 900_000,
  maxWorkers: 1,
  reporters: ['verbose'],
  include: ['test/containers/**/*.container.ts'],
});
