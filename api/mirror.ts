/** Copies of requests for models that are tried out beside the one that answers: requests of their own, accounted, answered to nobody. */
import type { Deployment } from '../activities/config/config.ts';
import type { Dispatch, Submission } from './dispatch.ts';
import { createRequestId } from './middleware/request-id.ts';

/** How copies are found in the ledger and in the Temporal UI. */
const TAG = 'silent-experiment';

/** None of a copy, of a pass-through call, or of a request that names no model in its body. */
export function mirrorsOf(deployment: Deployment, submission: Submission): readonly Submission[] {
  const { silentModels = [] } = deployment;
  const { caller, kind, body, through, mirrored, endUser, wishes } = submission;
  if (mirrored === true || through !== undefined || typeof body['model'] !== 'string') return [];
  return silentModels.map((model) => {
    const { stream: _stream, stream_options: _options, ...rest } = body;
    return {
      id: createRequestId(),
      caller,
      kind,
      body: { ...rest, model },
      model,
      streaming: false,
      inBackground: true,
      mirrored: true,
      ...(endUser === undefined ? {} : { endUser }),
      // A copy that fails says so; asking others in its place would measure them.
      wishes: { disableFallbacks: true, numRetries: 0, tags: [...(wishes.tags ?? []), TAG] },
    };
  });
}

/** Its answer is committed like any other; here it only ends. A copy that is refused is not missed. */
export async function seeThrough(submit: Dispatch['submit'], copy: Submission): Promise<void> {
  const accepted = await submit(copy).catch(() => undefined);
  if (accepted !== undefined && !('refused' in accepted)) await accepted.answer();
}
