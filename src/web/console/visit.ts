import type { html } from 'hono/html';
import type { Language } from './language.ts';

export type Html = ReturnType<typeof html>;

/** `control` may do what `viewer` may, and act. */
export type Role = 'none' | 'viewer' | 'control';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** What an action came to, told on the page that follows. */
export interface Said {
  readonly ok: boolean;
  readonly text: string;
}

/** One request for a page: who looks, in which language, and what of the page is live. */
export interface Visit {
  readonly language: Language;
  readonly theme: Theme;
  readonly role: Role;
  /** Under which name the reader signed in; `null`: not signed in. */
  readonly name: string | null;
  /** Goes into every form that acts; `null`: the reader may not act. */
  readonly csrf: string | null;
  /** Of the daemon, epoch ms: in the demo it goes faster than the reader's. */
  readonly now: number;
  readonly timezone: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly said: Said | null;
  readonly live: Live;
}

/**
 * The pieces of a page that are sent anew when they change. A piece is one element with an id, and no piece lies inside
 * another; a list is an element with an id whose children are pieces, in an order that may change.
 */
export class Live {
  readonly parts = new Map<string, string>();
  readonly lists = new Map<string, readonly string[]>();
  /** `false`: the daemon does not know at the moment what it would show, and what a browser shows is old. */
  isKnown = true;

  /** `element` must be one element that has this id. */
  part(id: string, element: Html): Html {
    if (element instanceof Promise) throw new Error(`part ${id} waits for something`);
    this.parts.set(id, String(element));
    return element;
  }

  /** `id` is that of the element around `items`, whose ids are those of their parts. */
  list(id: string, items: readonly { readonly id: string; readonly element: Html }[]): readonly Html[] {
    this.lists.set(
      id,
      items.map((item) => item.id),
    );
    return items.map((item) => this.part(item.id, item.element));
  }
}

/** The parameters of a page's path, such as `account` and `id`. */
export type Params = Readonly<Record<string, string>>;

export interface Rendered {
  readonly title: string;
  readonly body: Html;
}

/** One page. `render` answers `null` where there is no such thing. */
export interface Page {
  /** With `:name` for a part that is a parameter. */
  readonly path: string;
  /** How it is named in the bar at the top; `null`: it does not stand there. */
  readonly nav: Readonly<Record<Language, string>> | null;
  /** After `g` this key goes there. */
  readonly key?: string;
  /** Asset of its own, such as `plots.js`: loaded on this page only. */
  readonly scripts?: readonly string[];
  readonly styles?: readonly string[];
  /** `Live` may be filled only before it resolves. */
  render(visit: Visit, params: Params): Promise<Rendered | null>;
}

/** The parameters of `path` by a page's pattern; `null`: it is another page's. */
export function paramsOf(pattern: string, path: string): Params | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? '';
    if (part.startsWith(':')) {
      const decoded = decodedOf(text);
      if (decoded === null || decoded === '') return null;
      params[part.slice(1)] = decoded;
    } else if (part !== text) return null;
  }
  return params;
}

function decodedOf(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
