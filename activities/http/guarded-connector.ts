/** Connects to addresses of a kind only: what a name resolves to is checked before connecting, and what was connected to afterwards. */
import { lookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';

export const CONNECT_MS = 5_000;

/** The name, or what it resolves to, must not be connected to. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

export function guardedConnector(allows: (address: string) => boolean): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_MS, lookup: guardedLookup(allows) });
  return (options, callback) => {
    connect(options, (...outcome) => {
      const [error, socket] = outcome;
      if (error !== null) {
        callback(error, null);
      } else if (allows(socket.remoteAddress ?? '')) {
        callback(null, socket);
      } else {
        socket.destroy();
        callback(new AddressRefused(options.hostname), null);
      }
    });
  };
}

/** What was checked is what is connected to, so a second answer of the DNS cannot differ. */
function guardedLookup(allows: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const usable = error === null ? found.filter(({ address }) => allows(address)) : [];
      const [first] = usable;
      if (first === undefined) callback(error ?? new AddressRefused(hostname), '', 0);
      else if (options.all === true) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };
}
