import type { Done, ListQuery, Page, Readiness, WebSource } from '../../src/web/source.ts';

/** A source that answers as it is told and notes what it was asked. */
export class MemorySource implements WebSource {
  readonly asked: { readonly what: string; readonly with: unknown }[] = [];
  pages: Record<string, Page> = {};
  done: Done = { kind: 'done', value: { ok: 'yes' } };
  aliveNow = { ok: true, detail: 'alive' };
  readiness: Readiness = { ready: true, checks: {}, accounts: [] };
  accountsKnown: readonly string[] = ['hxy'];
  failWith: Error | null = null;
  scrape: () => AsyncIterable<string> = async function* one() {
    yield 'lamplighter_paused 0\n';
  };

  recorded: Awaited<ReturnType<WebSource['recording']>> = { kind: 'not-found', message: 'nothing is recorded' };

  accountNames() {
    return this.accountsKnown;
  }
  alive() {
    return this.aliveNow;
  }
  ready(): Promise<Readiness> {
    return this.#answer('ready', null, this.readiness);
  }
  metrics(): AsyncIterable<string> {
    return this.scrape();
  }
  instances(query: ListQuery): Promise<Page> {
    return this.#page('instances', query);
  }
  operations(query: ListQuery): Promise<Page> {
    return this.#page('operations', query);
  }
  operation(id: string): Promise<object | null> {
    return this.#answer('operation', id, id === 'op-1' ? { id } : null);
  }
  instance(key: string): Promise<object | null> {
    return this.#answer('instance', key, key === 'hxy/a' ? { key } : null);
  }
  policies(query: ListQuery): Promise<Page> {
    return this.#page('policies', query);
  }
  plan(query: ListQuery): Promise<Page> {
    return this.#page('plan', query);
  }
  holds(query: ListQuery): Promise<Page> {
    return this.#page('holds', query);
  }
  accounts(query: ListQuery): Promise<Page> {
    return this.#page('accounts', query);
  }
  recording(since: string | null): Promise<Awaited<ReturnType<WebSource['recording']>>> {
    return this.#answer('recording', since, this.recorded);
  }
  savings(asked: unknown): Promise<Done> {
    return this.#answer('savings', asked, this.done);
  }
  hold(input: unknown): Promise<Done> {
    return this.#answer('hold', input, this.done);
  }
  release(id: string): Promise<Done> {
    return this.#answer('release', id, this.done);
  }
  pause(by: string, reason: string): Promise<Done> {
    return this.#answer('pause', { by, reason }, this.done);
  }
  resume(by: string): Promise<Done> {
    return this.#answer('resume', { by }, this.done);
  }
  approve(id: string, by: string, reason: string): Promise<Done> {
    return this.#answer('approve', { id, by, reason }, this.done);
  }
  close(id: string, by: string, reason: string): Promise<Done> {
    return this.#answer('close', { id, by, reason }, this.done);
  }
  reload(acknowledge: string | null): Promise<Done> {
    return this.#answer('reload', acknowledge, this.done);
  }
  activity(report: unknown, token: string): Promise<Done> {
    return this.#answer('activity', { report, token }, this.done);
  }

  #page(what: string, query: ListQuery): Promise<Page> {
    return this.#answer(what, query, this.pages[what] ?? { items: [], next: null });
  }

  #answer<T>(what: string, given: unknown, answer: T): Promise<T> {
    this.asked.push({ what, with: given });
    return this.failWith === null ? Promise.resolve(answer) : Promise.reject(this.failWith);
  }
}
