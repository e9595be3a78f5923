/** A finished stream's body as a reader understands it. */
import { createParser } from 'eventsource-parser';

export type Read = { readonly text: string; readonly done: boolean; readonly code?: string };

type Chunk = {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly error?: { readonly code: string };
};

/** Text of the first choice, whether the end mark came, and the code of an error event. */
export function readStream(body: string): Read {
  let text = '';
  let done = false;
  let code: string | undefined;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') {
        done = true;
        return;
      }
      const chunk = JSON.parse(data) as Chunk;
      code = chunk.error?.code ?? code;
      text += chunk.choices?.[0]?.delta?.content ?? '';
    },
  });
  parser.feed(body);
  return { text, done, ...(code === undefined ? {} : { code }) };
}
