// The door that every command of this checkout goes through: it sees to it that Node 26, the locked packages and, where a task
// wants one, a redis-server are there, and then becomes the task. Plain JavaScript without packages, because it runs on the
// system's Node before anything is installed. The system's Node is never touched: everything lands in .toolchain/.
//
//   node scripts/bootstrap.mjs TASK [ARGUMENTS]      the tasks are listed in setup/tasks.mjs

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 20) {
  process.stderr.write(
    `lamplighter: Node 20 or newer is needed to begin, this is ${process.version} (${process.execPath})\n`,
  );
  process.exit(1);
}
// Imported late, so that an old Node gets the sentence above and not a syntax error.
const { main } = await import('./setup/main.mjs');
await main(process.argv.slice(2));
