/** Decides whether a request's body is JSON in UTF-8. Matched strictly: a lenient match lets a body past whatever stands in front of us. */

// RFC 9110 §8.3.1: token "/" token, then parameters. RFC 6839 §3.1 for `+json`.
const JSON_TYPE = /^application\/(?:json|[a-z0-9!#$&^_.+-]+\+json)[ \t]*(;.*)?$/i;
const PARAMETER = /^;[ \t]*([a-z0-9!#$&^_.+-]+)=(?:"([^"\\]*)"|([a-z0-9!#$&^_.+-]+))[ \t]*/i;

/** True for `application/json` and `application/…+json`, with no charset or with UTF-8. */
export function isJsonMediaType(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  if (contentType === undefined) return false;
  const type = JSON_TYPE.exec(contentType.trim());
  if (type === null) return false;
  let rest = type[1] ?? '';
  while (rest !== '') {
    const parameter = PARAMETER.exec(rest);
    if (parameter === null) return false;
    const value = (parameter[2] ?? parameter[3] ?? '').toLowerCase();
    if (parameter[1]?.toLowerCase() === 'charset' && value !== 'utf-8' && value !== 'utf8') return false;
    rest = rest.slice(parameter[0].length);
  }
  return true;
}
