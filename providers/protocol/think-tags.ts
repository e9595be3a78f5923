/** `<think>…</think>` at the start of an answer, as models write it whose server does not take it apart. A pure fold over pieces of text. */

export type ThinkState =
  /** Nothing but white space, or the beginning of the tag, so far. */
  | { readonly at: 'start'; readonly held: string }
  /** Inside; `held` may be the beginning of the closing tag. */
  | { readonly at: 'thought'; readonly held: string }
  /** After; white space between the thought and the answer belongs to neither. */
  | { readonly at: 'gap' }
  | { readonly at: 'text' };

export type Split = { readonly state: ThinkState; readonly thought: string; readonly text: string };

export const THINK_START: ThinkState = { at: 'start', held: '' };

const OPEN = '<think>';
const CLOSE = '</think>';

/** The length of the longest end of the text that begins the tag. */
function overlap(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length -= 1)
    if (tag.startsWith(text.slice(text.length - length))) return length;
  return 0;
}

function inThought(text: string): Split {
  const end = text.indexOf(CLOSE);
  if (end === -1) {
    const kept = overlap(text, CLOSE);
    const cut = text.length - kept;
    return { state: { at: 'thought', held: text.slice(cut) }, thought: text.slice(0, cut), text: '' };
  }
  const after = splitThink({ at: 'gap' }, text.slice(end + CLOSE.length));
  return { ...after, thought: text.slice(0, end) };
}

export function splitThink(state: ThinkState, piece: string): Split {
  switch (state.at) {
    case 'start': {
      const whole = state.held + piece;
      const begun = whole.trimStart();
      if (begun.startsWith(OPEN)) return inThought(begun.slice(OPEN.length).trimStart());
      if (OPEN.startsWith(begun)) return { state: { at: 'start', held: whole }, thought: '', text: '' };
      return { state: { at: 'text' }, thought: '', text: whole };
    }
    case 'thought':
      return inThought(state.held + piece);
    case 'gap': {
      const text = piece.trimStart();
      return { state: text === '' ? state : { at: 'text' }, thought: '', text };
    }
    case 'text':
      return { state, thought: '', text: piece };
  }
}

/** What was held back when the answer ended. */
export function endThink(state: ThinkState): { readonly thought: string; readonly text: string } {
  if (state.at === 'start') return { thought: '', text: state.held };
  return { thought: state.at === 'thought' ? state.held : '', text: '' };
}
