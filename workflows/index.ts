/** The workflow bundle: every workflow and nothing else. A request's workflow is named after the kind of request. */
export { carryRequest as chatCompletion } from './request.ts';
export { carryRequest as message, carryRequest as response } from './request.ts';
export { carryRequest as embedding } from './request.ts';
export { carryRequest as rerank } from './request.ts';
export { carryRequest as moderation } from './request.ts';
export { convoy } from './convoy.ts';
