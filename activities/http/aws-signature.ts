/** Amazon's signature of a request, version 4. */
import { AwsV4Signer } from 'aws4fetch';

export type AwsKeys = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/** What a signature adds to a request; the rest of its headers is as the provider made it. */
const ADDED = ['authorization', 'x-amz-date', 'x-amz-security-token'] as const;

export type Signing = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly service: string;
  readonly region: string;
};

export async function sign(keys: AwsKeys, signing: Signing): Promise<Readonly<Record<string, string>>> {
  const { headers } = await new AwsV4Signer({
    ...signing,
    headers: { ...signing.headers },
    // Typed for browsers, whose bodies may not lie in shared memory; ours never do.
    body: signing.body as string | Uint8Array<ArrayBuffer>,
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey,
    ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken }),
  }).sign();
  const added: Record<string, string> = {};
  for (const name of ADDED) {
    const value = headers.get(name);
    if (value !== null) added[name] = value;
  }
  return added;
}
