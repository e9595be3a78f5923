/** Addresses a caller's URL may lead to. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isPublicAddress } from '../../../activities/http/public-address.ts';

const PRIVATE = [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '100.100.100.200',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
];

describe('an address', () => {
  it.each(['8.8.8.8', '100.63.255.255', '100.128.0.1', '172.32.0.1', '192.167.0.1', '2606:4700::1111'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    ...PRIVATE,
    '::',
    '::1',
    '::127.0.0.1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700::1111%eth0',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    'ff02::1',
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(PRIVATE)('%s stays what it is inside an IPv6 address', (address) => {
    expect(isPublicAddress(`::ffff:${address}`)).toBe(false);
  });

  it('is judged alike in both of its forms', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
        const hex = `::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        expect(isPublicAddress(hex)).toBe(isPublicAddress(address));
      }),
    );
  });

  it('is none, and not public, for any other text', () => {
    for (const text of ['', 'localhost', '8.8.8', '0x7f000001', '2130706433'])
      expect(isPublicAddress(text)).toBe(false);
  });
});
