/** Bedrock takes four cache points in a request. */
import type { Block, ConverseBody } from './wire.ts';

const MOST_POINTS = 4;

/** Keeps the last ones, in the order in which the prompt is built (tools, system, messages): the later, the longer the prefix. */
export function limitCachePoints(body: ConverseBody): void {
  const lists = [body.toolConfig?.tools ?? [], body.system ?? [], ...body.messages.map((turn) => turn.content)];
  let surplus = lists.flat().filter((block) => 'cachePoint' in block).length - MOST_POINTS;
  if (surplus <= 0) return;
  const trimmed = (blocks: Block[]): Block[] =>
    blocks.filter((block) => {
      if (surplus <= 0 || !('cachePoint' in block)) return true;
      surplus -= 1;
      return false;
    });
  if (body.toolConfig !== undefined) body.toolConfig.tools = trimmed(body.toolConfig.tools);
  if (body.system !== undefined) body.system = trimmed(body.system);
  for (const turn of body.messages) turn.content = trimmed(turn.content);
}
