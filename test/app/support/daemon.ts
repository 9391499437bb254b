import { EmbeddedRedis } from '../../../src/app/embedded-redis.ts';

// A process that owns an embedded Redis and does nothing else: told by its first argument where, until it is killed.
const redis = new EmbeddedRedis({ dir: process.argv[2] ?? '' });
await redis.start();
// Ctrl-C: such a daemon would go on for as long as its clean-ups take. Before it says that it is there, as it may be sent at once.
process.on('SIGINT', () => process.stdout.write('interrupted\n'));
process.stdout.write(`${redis.url}\n`);
process.stdin.resume();
