/** The workflow bundle: every workflow and nothing else. A request's workflow is named after the kind of request. */
export { carryRequest as chatCompletion } from './request.ts';
export { carryRequest as completion } from './request.ts';
export { carryRequest as message, carryRequest as response, carryRequest as generation } from './request.ts';
export { carryRequest as embedding } from './request.ts';
export { carryRequest as rerank } from './request.ts';
export { carryRequest as moderation } from './request.ts';
export { carryRequest as image } from './request.ts';
export { carryRequest as imageEdit } from './request.ts';
export { carryRequest as imageVariation } from './request.ts';
export { carryRequest as speech } from './request.ts';
export { carryRequest as transcription } from './request.ts';
export { carryRequest as translation } from './request.ts';
export { carryRequest as passThrough } from './request.ts';
export { convoy } from './convoy.ts';
export { batch } from './batch.ts';
export { batchShard } from './batch-shard.ts';
export { webhook } from './webhook.ts';
