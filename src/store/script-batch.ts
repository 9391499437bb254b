import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RedisClient } from './connection.ts';
import { Script } from './script.ts';

/** Redis does nothing else while it runs one batch: so many scripts are a few ms. */
const MOST_AT_ONCE = 50;

interface Call {
  readonly script: Script;
  readonly args: readonly (string | number)[];
  readonly settle: PromiseWithResolvers<unknown>;
}

/**
 * Lets scripts that are asked for in one turn of the event loop go to Redis as one command: of a hundred operations that
 * move at once most of the cost is in the commands. Each runs for itself, in the order in which they were asked for, and
 * an error in one is that one's alone; only a command that is lost is lost for all of them.
 */
export class ScriptBatch {
  readonly #client: RedisClient;
  readonly #prefix: string;
  readonly #scripts: readonly Script[];
  readonly #together: Script;
  #waiting: Call[] = [];

  /** `scripts` are those that may run together; others run alone. */
  constructor(client: RedisClient, prefix: string, scripts: readonly Script[]) {
    this.#client = client;
    this.#prefix = prefix;
    this.#scripts = scripts;
    this.#together = together(scripts);
  }

  /** What the script answers. @throws what Redis or the client says */
  run(script: Script, args: readonly (string | number)[]): Promise<unknown> {
    if (!this.#scripts.includes(script)) return script.run(this.#client, this.#prefix, args);
    const settle = Promise.withResolvers<unknown>();
    this.#waiting.push({ script, args, settle });
    if (this.#waiting.length === 1) void this.#leave();
    return settle.promise;
  }

  async #leave(): Promise<void> {
    await nextTurn();
    const calls = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < calls.length; from += MOST_AT_ONCE) {
      const some = calls.slice(from, from + MOST_AT_ONCE);
      const [only] = some;
      if (some.length === 1 && only !== undefined) {
        only.script.run(this.#client, this.#prefix, only.args).then(only.settle.resolve, only.settle.reject);
      } else void this.#runTogether(some);
    }
  }

  async #runTogether(calls: readonly Call[]): Promise<void> {
    try {
      const args = calls.flatMap(({ script, args: own }) => [this.#scripts.indexOf(script) + 1, own.length, ...own]);
      const answers = await this.#together.run(this.#client, this.#prefix, args);
      if (!Array.isArray(answers) || answers.length !== calls.length)
        throw new Error('the answer does not fit the batch');
      calls.forEach(({ settle }, i) => {
        const [failed, answer]: readonly unknown[] = Array.isArray(answers[i]) ? answers[i] : [];
        if (failed === 0) settle.resolve(answer);
        else settle.reject(new Error(String(answer)));
      });
    } catch (error) {
      for (const { settle } of calls) settle.reject(error);
    }
  }
}

/** One script that runs others: arguments are the number of a script, how many arguments it gets, and these, again and again. */
function together(scripts: readonly Script[]): Script {
  const functions = scripts.map(({ text }) => `function(KEYS, ARGV)\n${text}\nend`);
  return new Script(
    `together: ${scripts.map(({ name }) => name).join(', ')}`,
    `local scripts = {\n${functions.join(',\n')}\n}
local answers = {}
local at = 1
while at <= #ARGV do
  local last = at + 1 + tonumber(ARGV[at + 1])
  local own = {}
  for i = at + 2, last do own[#own + 1] = ARGV[i] end
  local ok, answer = pcall(scripts[tonumber(ARGV[at])], KEYS, own)
  if ok then
    answers[#answers + 1] = { 0, answer }
  else
    answers[#answers + 1] = { 1, type(answer) == 'table' and answer.err or tostring(answer) }
  end
  at = last + 1
end
return answers
`,
  );
}
