import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
} as const;

const own = (name: string) => join(import.meta.dirname, 'assets', name);
const ofPackage = (path: string) => createRequire(import.meta.url).resolve(path);

/** Every file that a page may load, by the name under which it is served. */
const FILES: Readonly<Record<string, () => string>> = {
  'console.css': () => own('console.css'),
  'boards.css': () => own('boards.css'),
  'console.js': () => own('console.js'),
  'live.js': () => own('live.js'),
  'plots.js': () => own('plots.js'),
  'lamp.svg': () => own('lamp.svg'),
  'uplot.js': () => ofPackage('uplot/dist/uPlot.esm.js'),
  'uplot.css': () => ofPackage('uplot/dist/uPlot.min.css'),
};

export interface Asset {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * The files beside the pages, under an address with a digest of all of them: so they may be kept for ever, modules find
 * each other by relative paths, and a new version brings new addresses. Read once, when the first is asked for.
 */
export class Assets {
  #loaded: { readonly digest: string; readonly files: ReadonlyMap<string, Asset> } | null = null;

  /** @throws Error for a name that is not served: a page that names it is wrong */
  url(name: string): string {
    const { digest, files } = this.#load();
    if (!files.has(name)) throw new Error(`the console has no file ${name}`);
    return `/assets/${digest}/${name}`;
  }

  /** `null`: there is none, or not of that digest. */
  get(digest: string, name: string): Asset | null {
    const loaded = this.#load();
    return digest === loaded.digest ? (loaded.files.get(name) ?? null) : null;
  }

  #load() {
    this.#loaded ??= load();
    return this.#loaded;
  }
}

function load() {
  const hash = createHash('sha256');
  const files = new Map<string, Asset>();
  for (const [name, where] of Object.entries(FILES)) {
    const body = new Uint8Array(readFileSync(where()));
    hash.update(name).update(body);
    const ending = name.slice(name.lastIndexOf('.') + 1);
    files.set(name, { type: ending === 'js' || ending === 'svg' ? TYPES[ending] : TYPES.css, body });
  }
  return { digest: hash.digest('base64url').slice(0, 12), files };
}
