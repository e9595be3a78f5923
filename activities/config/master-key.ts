/** What makes a master key acceptable: whoever has it may spend the money behind every provider key. */

export const MIN_MASTER_KEY_LENGTH = 20; // characters, the "sk-" included

/** Keys from documentation and tutorials, without "sk-": the first ones that a scan of open ports tries. */
const WELL_KNOWN: ReadonlySet<string> = new Set(
  `1234 12345 123456 1234567890 12345678901234567890 abc abcd abcdef master master-key masterkey litellm litellm-master-key
  litellm-proxy proxy admin test test-key test-master-key secret password key changeme change-me change-me-please change_me
  your-key your-master-key your-litellm-master-key your-secret-key my-master-key my-secret-key my-secret-master-key
  example example-key placeholder dummy xxx holdfast holdfast-master-key`.split(/\s+/),
);

/** Why the key is refused, or undefined when it is good. Never repeats the key. */
export function refuseMasterKey(key: string): string | undefined {
  if (!key.startsWith('sk-')) return 'the master key must start with "sk-"';
  const body = key.slice(3);
  if (WELL_KNOWN.has(body.toLowerCase())) {
    return 'this master key is a well-known default from documentation, which anybody would try first';
  }
  if (key.length < MIN_MASTER_KEY_LENGTH) {
    return `the master key is too short: ${key.length} characters, at least ${MIN_MASTER_KEY_LENGTH} are needed`;
  }
  if (!/^[\x21-\x7e]+$/.test(key))
    return 'the master key may hold visible ASCII characters only, because it travels in a header';
  if (/^(.)\1*$/.test(body)) return 'this master key is one character repeated';
  return undefined;
}

export const MASTER_KEY_HINT =
  'Make one with: echo "sk-$(openssl rand -hex 24)", or leave it out and Holdfast makes one. ' +
  'To use a weak key all the same, set general_settings.dangerously_permit_weak_or_unset_master_key: true.';
