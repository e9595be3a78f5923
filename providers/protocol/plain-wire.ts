/** What requests that are no chat have in common on every provider's wire: their parameters are checked, and they are written down. */
import type { PlainTranslation, Target, WireRequest } from '../provider.ts';
import type { Form } from './file.ts';
import type { JsonObject } from './json.ts';
import { checkPlain } from './plain-parameters.ts';
import { orRefusal } from './refused.ts';
import { extraHeaders } from './settings.ts';

export type PlainSent = Pick<WireRequest, 'url' | 'signingRegion'> & {
  readonly headers?: WireRequest['headers'];
} & ({ readonly json: JsonObject } | { readonly form: Form });

export type PlainWire = Omit<PlainTranslation, 'toRequest'> & {
  readonly title: string;
  /** Whether the provider can express the parameter with this value. Throws `Refused`. */
  readonly takes: (name: string, value: unknown, target: Target) => boolean;
  /** `kept`: what was given and can be expressed; `body`: all that was given. Throws `Refused`. */
  readonly toWire: (kept: JsonObject, target: Target, body: JsonObject) => PlainSent;
};

export function createPlain({ title, takes, toWire, ...rest }: PlainWire): PlainTranslation {
  return {
    ...rest,
    toRequest: (body, target) =>
      orRefusal(() => {
        const { model, settings } = target;
        const known = (name: string, value: unknown): boolean => takes(name, value, target);
        const checked = checkPlain(body, { title, model, settings, takes: known });
        if ('refused' in checked) return checked;
        const sent = toWire(checked.kept, target, body);
        const { url, headers, signingRegion } = sent;
        const [contentType, written] =
          'form' in sent ? [sent.form.contentType, sent.form.body] : ['application/json', JSON.stringify(sent.json)];
        return {
          method: 'POST',
          url,
          headers: { 'content-type': contentType, ...headers, ...extraHeaders(settings) },
          body: written,
          ...(signingRegion === undefined ? {} : { signingRegion }),
          dropped: checked.dropped,
        };
      }),
  };
}
