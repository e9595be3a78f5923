/** Which content types are JSON. */
import { describe, expect, it } from '@jest/globals';
import { isJsonMediaType } from '../../../api/middleware/media-type.ts';

describe('a content type', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json ; charset=utf8',
    'application/vnd.api+json',
    'application/json; odata=verbose; charset=utf-8',
  ])('%s is JSON', (type) => {
    expect(isJsonMediaType(type)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'application/json garbage',
    'application/jsonx',
    'application/json, text/html',
    'application/json;',
    'application/json; charset=iso-8859-1',
    'application/json; charset=utf-8; charset=utf-16',
    'multipart/form-data; boundary=x',
  ])('%s is not', (type) => {
    expect(isJsonMediaType(type)).toBe(false);
  });
});
