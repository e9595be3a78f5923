/** The workflow bundle: every workflow and nothing else. A request's workflow is named after the kind of request. */
export { carryRequest as chatCompletion, carryRequest as embedding, carryRequest as message } from './request.ts';
export { convoy } from './convoy.ts';
