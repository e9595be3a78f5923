/** Content parts to Anthropic's blocks: text, images, documents. */
import type { CacheControl, ContentPart } from '../protocol/chat.ts';
import { decodeText, parseDataUri } from '../protocol/data-uri.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import type { Block } from './wire.ts';

/** Anthropic's own blocks pass unchanged. */
const NATIVE: ReadonlySet<string> = new Set([
  'image',
  'document',
  'search_result',
  'container_upload',
  'tool_use',
  'tool_result',
  'server_tool_use',
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'mcp_tool_use',
  'mcp_tool_result',
]);

const IMAGES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

function cached(block: Block, control: CacheControl | undefined): Block {
  return control === undefined ? block : { ...block, cache_control: control };
}

function imageFrom(url: string, format: string | undefined, where: string): Block {
  const data = parseDataUri(url);
  if (data !== undefined) {
    const mediaType = format ?? (data.mediaType === 'image/jpg' ? 'image/jpeg' : data.mediaType);
    if (mediaType === 'application/pdf') return documentFrom({ mediaType, data: data.data }, undefined, where);
    if (!IMAGES.has(mediaType)) {
      throw new Refused('invalid_request', `Anthropic takes JPEG, PNG, GIF and WebP images, not ${mediaType}.`, where);
    }
    return { type: 'image', source: { type: 'base64', media_type: mediaType, data: data.data } };
  }
  if (!url.startsWith('https://')) {
    throw new Refused('invalid_request', 'Anthropic takes images as https URLs or as base64 data URIs.', where);
  }
  return { type: 'image', source: { type: 'url', url } };
}

function documentFrom(file: { mediaType: string; data: string }, title: string | undefined, where: string): Block {
  const named = title === undefined ? {} : { title };
  if (file.mediaType === 'application/pdf') {
    return { type: 'document', source: { type: 'base64', media_type: file.mediaType, data: file.data }, ...named };
  }
  if (file.mediaType.startsWith('text/')) {
    const text = decodeText(file.data);
    if (text !== undefined)
      return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: text }, ...named };
  }
  throw new Refused('invalid_request', `Anthropic takes PDF and text documents, not ${file.mediaType}.`, where);
}

function fromFile(file: JsonObject, where: string): Block {
  const title = textOf(file['filename']);
  const format = textOf(file['format']);
  const id = textOf(file['file_id']);
  const data = textOf(file['file_data']);
  if (data !== undefined) {
    const uri = parseDataUri(data) ?? { mediaType: 'application/pdf', data };
    const mediaType = format ?? uri.mediaType;
    if (IMAGES.has(mediaType))
      return { type: 'image', source: { type: 'base64', media_type: mediaType, data: uri.data } };
    return documentFrom({ mediaType, data: uri.data }, title, where);
  }
  if (id === undefined) throw new Refused('invalid_request', 'A file needs file_data or file_id.', where);
  const image = format !== undefined && IMAGES.has(format);
  const source = id.startsWith('https://') ? { type: 'url', url: id } : { type: 'file', file_id: id };
  return { type: image ? 'image' : 'document', source, ...(image || title === undefined ? {} : { title }) };
}

/** One part; nothing for empty text, which Anthropic refuses. Throws {@link Refused} for what it cannot take. */
export function toBlock(part: ContentPart, where: string): Block | undefined {
  const fields: JsonObject = part;
  const control = part.cache_control;
  switch (part.type) {
    case 'text': {
      const text = textOf(fields['text']);
      return text === undefined || text.trim() === '' ? undefined : cached({ type: 'text', text }, control);
    }
    case 'refusal': {
      const text = textOf(fields['refusal']);
      return text === undefined ? undefined : { type: 'text', text };
    }
    case 'image_url': {
      const image = fields['image_url'];
      const url = isObject(image) ? textOf(image['url']) : textOf(image);
      const format = isObject(image) ? textOf(image['format']) : undefined;
      return cached(imageFrom(url ?? '', format, `${where}.image_url`), control);
    }
    case 'file':
      return cached(fromFile(isObject(fields['file']) ? fields['file'] : {}, `${where}.file`), control);
    default:
      // Native blocks have a type and whatever else Anthropic defines for them.
      if (NATIVE.has(part.type)) return fields as Block;
      throw new Refused(
        'unsupported_parameter',
        `Anthropic does not take content of type ${part.type}.`,
        `${where}.type`,
      );
  }
}

export function toBlocks(content: string | readonly ContentPart[] | null | undefined, where: string): Block[] {
  if (content === null || content === undefined) return [];
  if (typeof content === 'string') return content.trim() === '' ? [] : [{ type: 'text', text: content }];
  const blocks: Block[] = [];
  content.forEach((part, index) => {
    const block = toBlock(part, `${where}[${index}]`);
    if (block !== undefined) blocks.push(block);
  });
  return blocks;
}
