/** The workflow bundle: every workflow and nothing else. */
export { chatCompletion } from './chat-completion.ts';
export { convoy } from './convoy.ts';
