import { describe, expect, it } from '@jest/globals';
import { refuseMasterKey } from '../../../activities/config/master-key.ts';
import { load, loadGood, MODEL, problemsOf } from './files.ts';

describe('master keys', () => {
  it.each([
    ['pk-0123456789abcdefghij', /must start with "sk-"/],
    ['sk-1234', /well-known default/],
    ['sk-master', /well-known default/],
    ['sk-your-litellm-master-key', /well-known default/],
    ['sk-0123456789abcdef', /too short: 19 characters, at least 20/],
    ['sk-0123456789 abcdefghij', /visible ASCII/],
    ['sk-aaaaaaaaaaaaaaaaaaaaaa', /one character repeated/],
  ])('refuses %s', (key, reason) => {
    expect(refuseMasterKey(key)).toMatch(reason);
  });

  it('takes a random one of 20 characters', () => {
    expect(refuseMasterKey('sk-0123456789abcdefg')).toBeUndefined();
  });

  it('are refused at their place in the file, or by the name of the variable', () => {
    expect(problemsOf(`${MODEL}general_settings:\n  master_key: sk-1234\n`)).toEqual([
      expect.stringMatching(/^8:3 general_settings\.master_key: this master key is a well-known default/),
    ]);
    expect(load(MODEL, { LITELLM_MASTER_KEY: 'sk-1234' })).toMatchObject({
      ok: false,
      problems: [{ path: 'LITELLM_MASTER_KEY', file: 'environment' }],
    });
    expect(load(MODEL, { HOLDFAST_MASTER_KEY: 'sk-1234' })).toMatchObject({
      ok: false,
      problems: [{ path: 'HOLDFAST_MASTER_KEY' }],
    });
  });

  it('may be weak when the operator insists', () => {
    const insist = `${MODEL}general_settings:\n  dangerously_permit_weak_or_unset_master_key: true\n`;
    expect(loadGood(`${insist}  master_key: sk-1234\n`).config.masterKey).toBe('sk-1234');
    expect(loadGood(insist, { LITELLM_MASTER_KEY: 'sk-1234' }).config.masterKey).toBe('sk-1234');
  });

  it('may be absent', () => {
    expect(loadGood(MODEL).config).not.toHaveProperty('masterKey');
  });
});
