/** Claude behind `invoke`: Anthropic's body without the model and the switch for streams, which the address names. */
import { createDecoder } from '../../anthropic/decoder.ts';
import { toMessagesRequest } from '../../anthropic/request.ts';
import { fromResponse } from '../../anthropic/response.ts';
import type { Target } from '../../provider.ts';
import { claudeName } from '../abilities.ts';
import type { NamedModel } from '../model.ts';
import type { InvokeFamily } from './family.ts';

const VERSION = 'bedrock-2023-05-31';

/** Requests and answers must be read alike. */
function named(target: Target, model: NamedModel): Target {
  return { ...target, model: claudeName(model.name) };
}

export const claude: InvokeFamily = {
  toBody: (request, target, model) => {
    const translated = toMessagesRequest(request, named(target, model));
    if ('refused' in translated) return translated;
    const { model: _model, stream: _stream, ...body } = translated.body;
    // Files that were uploaded to Anthropic are not here.
    const betas = translated.betas.filter((beta) => !beta.startsWith('files-api-'));
    return {
      json: JSON.stringify({
        anthropic_version: VERSION,
        ...body,
        ...(betas.length === 0 ? {} : { anthropic_beta: betas }),
      }),
      dropped: translated.dropped,
    };
  },
  fromResponse: (body, request, target, model) => fromResponse(body, request, named(target, model)),
  decoder: (request, target, model) => createDecoder(request, named(target, model)),
};
