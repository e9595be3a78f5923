/** One text from a list of messages, for servers that complete text and know nothing of chats: each family of models was taught its own marks. */
import type { ChatMessage, ContentPart } from './chat.ts';
import { isObject, textOf, type JsonObject } from './json.ts';
import { Refused } from './refused.ts';

type Turn = { readonly role: 'system' | 'user' | 'assistant'; readonly text: string };

type Template = (turns: readonly Turn[]) => string;

/** `<s>` is not written: tokenizers add it themselves, and a second one makes models worse. */
const llama2: Template = (turns) => {
  let system = '';
  const pieces: string[] = [];
  for (const { role, text } of turns) {
    if (role === 'system') system += system === '' ? text : `\n${text}`;
    else if (role === 'assistant') pieces.push(` ${text} </s>`);
    else {
      const head = system === '' ? '' : `<<SYS>>\n${system}\n<</SYS>>\n\n`;
      system = '';
      pieces.push(`[INST] ${head}${text} [/INST]`);
    }
  }
  return system === '' ? pieces.join('') : `${pieces.join('')}[INST] ${system} [/INST]`;
};

const llama3: Template = (turns) =>
  `${turns.map(({ role, text }) => `<|start_header_id|>${role}<|end_header_id|>\n\n${text}<|eot_id|>`).join('')}<|start_header_id|>assistant<|end_header_id|>\n\n`;

const mistral: Template = (turns) => {
  const pieces: string[] = [];
  let before = '';
  for (const { role, text } of turns) {
    if (role === 'system') before += `${text}\n\n`;
    else if (role === 'assistant') pieces.push(` ${text}</s>`);
    else {
      pieces.push(`[INST] ${before}${text} [/INST]`);
      before = '';
    }
  }
  return before === '' ? pieces.join('') : `${pieces.join('')}[INST] ${before.trimEnd()} [/INST]`;
};

const chatml: Template = (turns) =>
  `${turns.map(({ role, text }) => `<|im_start|>${role}\n${text}<|im_end|>\n`).join('')}<|im_start|>assistant\n`;

const ALPACA_HEADS = { system: '', user: '### Instruction:\n', assistant: '### Response:\n' } as const;
const alpaca: Template = (turns) =>
  `${turns.map(({ role, text }) => `${ALPACA_HEADS[role]}${text}\n\n`).join('')}### Response:\n`;

const FALCON_NAMES = { system: 'System', user: 'User', assistant: 'Assistant' } as const;
const falcon: Template = (turns) =>
  `${turns.map(({ role, text }) => `${FALCON_NAMES[role]}: ${text}\n`).join('')}Assistant:`;

const granite: Template = (turns) =>
  `${turns.map(({ role, text }) => `<|start_of_role|>${role}<|end_of_role|>${text}<|end_of_text|>\n`).join('')}<|start_of_role|>assistant<|end_of_role|>`;

const plain: Template = (turns) => turns.map(({ text }) => text).join('\n');

const FAMILIES: readonly (readonly [RegExp, Template])[] = [
  [/llama-?(3|4)|meta-llama-3/, llama3],
  [/llama-?2|codellama/, llama2],
  [/mistral|mixtral/, mistral],
  [/granite/, granite],
  [/falcon/, falcon],
  [/alpaca|mythomax|wizardlm/, alpaca],
  [/qwen|hermes|dolphin|openchat|zephyr|chatml|\byi-/, chatml],
];

function partText(part: ContentPart, where: string): string {
  const fields: JsonObject = part;
  if (part.type === 'text' || part.type === 'refusal') return textOf(fields[part.type]) ?? '';
  throw new Refused(
    'unsupported_parameter',
    `The model reads text only, not content of type ${part.type}.`,
    `${where}.type`,
  );
}

/** The text of one message. Throws `Refused` for images, files and sound. */
export function messageText(message: ChatMessage, where: string): string {
  const { content } = message;
  if (!Array.isArray(content)) return content ?? '';
  return content.map((part, index) => partText(part, `${where}.content[${index}]`)).join('\n');
}

function turnOf(message: ChatMessage, where: string): Turn {
  const text = messageText(message, where);
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', text };
    case 'assistant': {
      // A call in a history is part of what was said; without it the result after it answers nothing.
      const calls = (message.tool_calls ?? []).map((call) => `${call.function.name}(${call.function.arguments})`);
      return { role: 'assistant', text: [text, ...calls].filter((piece) => piece !== '').join('\n') };
    }
    case 'user':
    case 'tool':
    case 'function':
      return { role: 'user', text };
  }
}

/** A template of one's own, in LiteLLM's settings: text before and after each role's messages, and around all of them. */
function custom(roles: JsonObject, settings: JsonObject): Template {
  const around = (role: string, field: string): string => {
    const marks = roles[role];
    return isObject(marks) ? (textOf(marks[field]) ?? '') : '';
  };
  return (turns) => {
    const pieces = turns.map(
      ({ role, text }) => `${around(role, 'pre_message')}${text}${around(role, 'post_message')}`,
    );
    return `${textOf(settings['initial_prompt_value']) ?? ''}${pieces.join('')}${textOf(settings['final_prompt_value']) ?? ''}`;
  };
}

/** The prompt for this model. Throws `Refused` for content that is not text. */
export function toPrompt(messages: readonly ChatMessage[], model: string, settings: JsonObject): string {
  const turns = messages.map((message, index) => turnOf(message, `messages[${index}]`));
  const { roles } = settings;
  if (isObject(roles)) return custom(roles, settings)(turns);
  const name = model.toLowerCase();
  const template = FAMILIES.find(([family]) => family.test(name))?.[1] ?? plain;
  return template(turns);
}

/** The conversation in plain words, for models whose server puts its own marks around whatever it is given. */
export function toTranscript(messages: readonly ChatMessage[]): { readonly system: string; readonly prompt: string } {
  const turns = messages.map((message, index) => turnOf(message, `messages[${index}]`));
  const said = turns.filter(({ role }) => role !== 'system');
  const system = turns.flatMap(({ role, text }) => (role === 'system' ? [text] : [])).join('\n');
  const [only] = said;
  // One question needs no names.
  return { system, prompt: said.length === 1 && only?.role === 'user' ? only.text : falcon(said) };
}
