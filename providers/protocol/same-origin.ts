/** Addresses inside answers: a credential follows them only where the configuration sent it already. */

/** The same origin as the deployment's, or https at one of the provider's own hosts and their parts. */
export function isTrusted(url: string, baseUrl: string, hosts: readonly string[] = []): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, protocol, hostname } = new URL(url);
  if (URL.canParse(baseUrl) && origin === new URL(baseUrl).origin) return true;
  return protocol === 'https:' && hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}
