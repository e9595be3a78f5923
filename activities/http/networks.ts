/** The operator's own networks, to which news may be sent although they are not public. */
import { BlockList, isIP } from 'node:net';

/** `contains` is false for what is no address. */
export type Networks = { contains(address: string): boolean };

export function createNetworks(cidrs: readonly string[]): Networks {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix = ''] = cidr.split('/');
    list.addSubnet(network, Number(prefix), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  }
  return {
    contains: (address) => {
      const family = isIP(address);
      return family !== 0 && !address.includes('%') && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
    },
  };
}
