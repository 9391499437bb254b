import { EmbeddedRedis } from '../../../src/app/embedded-redis.ts';

// A process that owns an embedded Redis and does nothing else: told by its first argument where, until it is killed.
const redis = new EmbeddedRedis({ dir: process.argv[2] ?? '' });
await redis.start();
process.stdout.write(`${redis.url}\n`);
// Ctrl-C: such a daemon would go on for as long as its clean-ups take.
process.on('SIGINT', () => process.stdout.write('interrupted\n'));
process.stdin.resume();
