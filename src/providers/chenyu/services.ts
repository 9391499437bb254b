import { z } from 'zod';
import type { Service } from '../../fleet/instance.ts';
import { integer, text } from './lenient.ts';

const mappedService = z.object({
  title: text,
  url: text,
  port_type: text,
  // Only these two: the password beside them never leaves the answer.
  ssh_info: z.object({ host: text, port: integer }).optional().catch(undefined),
});

/** A name, an IPv4 address, or an IPv6 address in brackets. */
const HOST = /^(?:[\w.-]{1,253}|\[[\da-fA-F:.]{2,45}\])$/;

/**
 * The ways into an instance (chenyu v2 "instance/list", `server_map` and `server_url`). SSH is known by its `ssh_info`,
 * whose host and port are the right ones: the `url` beside it names others. `server_url` is documented as objects and
 * shown as texts, so only texts are taken, and only web addresses that `server_map` does not have.
 */
export function servicesOf(serverMap: unknown, serverUrl: unknown): readonly Service[] {
  const services: Service[] = [];
  for (const entry of Array.isArray(serverMap) ? serverMap : []) {
    const parsed = mappedService.safeParse(entry);
    if (!parsed.success) continue;
    const { title, port_type: portType, ssh_info: ssh } = parsed.data;
    if (ssh !== undefined && ssh.host !== '' && ssh.port !== null) {
      const reachable = HOST.test(ssh.host) && ssh.port > 0 && ssh.port <= 65_535;
      if (reachable) services.push({ title, url: `ssh://${ssh.host}:${ssh.port}`, kind: 'ssh' });
      continue;
    }
    const url = cleanUrl(parsed.data.url);
    if (url !== null) services.push({ title, url, kind: portType });
  }
  const known = new Set(services.map((service) => service.url));
  for (const entry of Array.isArray(serverUrl) ? serverUrl : []) {
    const url = webUrl(entry);
    if (url === null || known.has(url)) continue;
    known.add(url);
    services.push({ title: '', url, kind: 'http' });
  }
  return services;
}

/** A web address without what may be secret in it; `null` for anything else. */
export function webUrl(value: unknown): string | null {
  const url = cleanUrl(value);
  return url !== null && /^https?:/.test(url) ? url : null;
}

/** Scheme, host and path. User, password, query and fragment may be credentials (Jupyter's `?token=`), so they go. */
function cleanUrl(value: unknown): string | null {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url === null || url.host === '') return null;
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}
