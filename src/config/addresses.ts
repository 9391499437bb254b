import type { Listen } from './config.ts';

/** `null` where the text is no `HOST:PORT`. IPv6 hosts stand in brackets. */
export function parseListen(text: string): Listen | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** What is wrong with the origin of an API; `null`: nothing. */
export function baseUrlProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null) return 'is no address such as https://api-v1.huixingyun.com';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return 'must be https, since a token goes there; http only for this machine itself';
  }
  if (url.username !== '' || url.password !== '') return 'must hold no user and no password';
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return `must be the origin alone, ${url.origin}; the paths are added`;
  }
  return null;
}

/** What is wrong with the address under which people open the console; `null`: nothing. */
export function consoleUrlProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return 'is no address such as https://lamplighter.example.com';
  }
  if (url.username !== '' || url.password !== '') return 'must hold no user and no password';
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return `must be the origin alone, ${url.origin}: the console is not served below a path`;
  }
  return null;
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** What is wrong with a Redis address; `null`: nothing. */
export function redisProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:') || url.hostname === '') {
    return 'is no address such as redis://127.0.0.1:6379/0 or rediss://user:password@host:6380/0';
  }
  return url.pathname === '' || /^\/\d*$/.test(url.pathname)
    ? null
    : 'must end in the number of a database, such as /0';
}

/** What is wrong with an http address; `null`: nothing. */
export function httpProblem(text: string): string | null {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
    ? null
    : 'is no http or https address such as https://example.com/hook';
}
