import { lookup as dnsLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Detail } from '../fleet/detail/detail.ts';
import { english } from '../fleet/detail/english.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';

/**
 * Addresses that a cloud's listing must not lead us to: our own machine, private networks, link-local with the metadata
 * service, carrier NAT, multicast and what is reserved. Operators allow exceptions by `network.allow`.
 */
function refusedAddresses(): BlockList {
  const list = new BlockList();
  const v4: readonly (readonly [string, number])[] = [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    // Azure's platform address: public by its number, and answered inside by the host of the machine.
    ['168.63.129.16', 32],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ];
  for (const [net, bits] of v4) list.addSubnet(net, bits, 'ipv4');
  // Among them the ranges that carry an IPv4 address inside (compatible, translated, NAT64, Teredo, 6to4): they lead where
  // that leads. Mapped ones (::ffff:0:0/96) are judged by the IPv4 address that they are.
  const v6: readonly (readonly [string, number])[] = [
    ['::', 96],
    ['::ffff:0:0:0', 96],
    ['64:ff9b::', 96],
    ['64:ff9b:1::', 48],
    ['100::', 32],
    // IETF protocol assignments, Teredo and ORCHID among them (RFC 2928).
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['3fff::', 20],
    ['5f00::', 16],
    ['fc00::', 7],
    ['fe80::', 10],
    ['fec0::', 10],
    ['ff00::', 8],
  ];
  for (const [net, bits] of v6) list.addSubnet(net, bits, 'ipv6');
  return list;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Reads CIDRs such as "10.20.0.0/16" into a list to ask. @throws RangeError naming the text that is none. */
export function addressList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [, net = '', bits = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(cidr) ?? [];
    const family = isIP(net);
    if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) {
      throw new RangeError(`"${cidr}" is not a CIDR such as 10.20.0.0/16`);
    }
    list.addSubnet(net, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

export class AddressRefused extends Error {
  readonly code = 'ADDRESS_REFUSED';

  readonly detail: Detail;

  constructor(host: string, address: string) {
    const detail: Detail = { kind: 'address-refused', host, address };
    super(english(detail, rfc3339));
    this.name = 'AddressRefused';
    this.detail = detail;
  }
}

/** As `dns.lookup` with `all: true`. */
export type Resolver = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

const systemResolver: Resolver = (host, options, callback) => {
  dnsLookup(host, options, (error, addresses) => callback(error, addresses ?? []));
};

/** Says which addresses a listing may lead us to, and resolves names so that the check is made on what is connected to. */
export class AddressGuard {
  readonly #refused = refusedAddresses();
  readonly #allowed: BlockList;
  readonly #resolve: Resolver;

  constructor(allow: readonly string[], resolve: Resolver = systemResolver) {
    this.#allowed = addressList(allow);
    this.#resolve = resolve;
  }

  permits(address: string): boolean {
    const plain = MAPPED.exec(address)?.[1] ?? address;
    const family = isIP(plain);
    if (family === 0) return false;
    const type = family === 4 ? 'ipv4' : 'ipv6';
    return this.#allowed.check(plain, type) || !this.#refused.check(plain, type);
  }

  /**
   * A `lookup` for sockets: every address the name resolves to must be permitted. Literal addresses never get here, so
   * callers ask {@link permits} for those first.
   */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.#resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const bad = addresses.find(({ address }) => !this.permits(address));
      const first = addresses[0];
      if (bad !== undefined || first === undefined) {
        callback(new AddressRefused(host, bad?.address ?? 'no address'), '', 0);
        return;
      }
      if (options.all === true) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };
}
