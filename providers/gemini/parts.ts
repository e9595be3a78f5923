/** Content parts to Google's parts: text, images, documents, audio, video. */
import type { ContentPart } from '../protocol/chat.ts';
import { parseDataUri } from '../protocol/data-uri.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import { mediaTypeByName } from '../protocol/media-type.ts';
import { Refused } from '../protocol/refused.ts';
import type { Part } from './wire.ts';

const FILES_API = 'https://generativelanguage.googleapis.com/v1beta/';

/** Google's spelling of types that others spell differently. */
const SPELLING: ReadonlyMap<string, string> = new Map([
  ['image/jpg', 'image/jpeg'],
  ['audio/x-wav', 'audio/wav'],
  ['audio/mpeg3', 'audio/mpeg'],
]);

function mimeType(type: string): string {
  return SPELLING.get(type) ?? type;
}

function isRemote(text: string): boolean {
  return /^(https?|gs):\/\//i.test(text);
}

/** Data, a URL, a path in Google's storage, or the name of an uploaded file. */
function mediaPart(source: string, said: string | undefined, fallback: string | undefined): Part | undefined {
  const data = parseDataUri(source);
  if (data !== undefined) return { inlineData: { mimeType: mimeType(said ?? data.mediaType), data: data.data } };
  const uploaded = source.startsWith('files/');
  if (!uploaded && !isRemote(source)) return undefined;
  const type = said ?? mediaTypeByName(source) ?? fallback;
  return {
    fileData: {
      ...(type === undefined || uploaded ? {} : { mimeType: mimeType(type) }),
      fileUri: uploaded ? `${FILES_API}${source}` : source,
    },
  };
}

function imagePart(image: unknown, where: string): Part {
  const fields = isObject(image) ? image : {};
  const url = isObject(image) ? textOf(image['url']) : textOf(image);
  const part = mediaPart(url ?? '', textOf(fields['format']), undefined);
  if (part !== undefined) return part;
  throw new Refused('invalid_request', 'Gemini takes images as https or gs:// URLs or as base64 data URIs.', where);
}

function audioPart(audio: unknown, where: string): Part {
  const fields = isObject(audio) ? audio : {};
  const data = textOf(fields['data']) ?? '';
  const format = textOf(fields['format']) ?? 'wav';
  const type = format.includes('/') ? format : `audio/${format}`;
  const part = mediaPart(data, type, type);
  if (part !== undefined) return part;
  if (data === '') throw new Refused('invalid_request', 'The audio is empty.', `${where}.data`);
  return { inlineData: { mimeType: mimeType(type), data } };
}

function filePart(file: JsonObject, where: string): Part {
  const said = textOf(file['format']);
  const byName = mediaTypeByName(textOf(file['filename']) ?? '');
  const data = textOf(file['file_data']);
  const id = textOf(file['file_id']);
  const part = mediaPart(data ?? id ?? '', said, byName);
  const metadata = isObject(file['video_metadata']) ? { videoMetadata: file['video_metadata'] } : {};
  if (part !== undefined) return { ...part, ...metadata };
  if (data !== undefined)
    return { inlineData: { mimeType: mimeType(said ?? byName ?? 'application/pdf'), data }, ...metadata };
  throw new Refused(
    'invalid_request',
    'Gemini takes a file_id that is a URL, or the name of a file uploaded to it.',
    where,
  );
}

/** One part; nothing for empty text, which Google refuses. Throws {@link Refused} for what it cannot take. */
function toPart(part: ContentPart, where: string): Part | undefined {
  const fields: JsonObject = part;
  switch (part.type) {
    case 'text': {
      const text = textOf(fields['text']);
      return text === undefined ? undefined : { text };
    }
    case 'refusal': {
      const text = textOf(fields['refusal']);
      return text === undefined ? undefined : { text };
    }
    case 'image_url':
      return imagePart(fields['image_url'], `${where}.image_url`);
    case 'video_url': {
      const metadata = isObject(fields['video_metadata']) ? { videoMetadata: fields['video_metadata'] } : {};
      return { ...imagePart(fields['video_url'], `${where}.video_url`), ...metadata };
    }
    case 'input_audio':
      return audioPart(fields['input_audio'], `${where}.input_audio`);
    case 'file':
      return filePart(isObject(fields['file']) ? fields['file'] : {}, `${where}.file`);
    default:
      throw new Refused('unsupported_parameter', `Gemini does not take content of type ${part.type}.`, `${where}.type`);
  }
}

export function toParts(content: string | ContentPart[] | null | undefined, where: string): Part[] {
  if (content === null || content === undefined || content === '') return [];
  if (typeof content === 'string') return [{ text: content }];
  const parts: Part[] = [];
  content.forEach((part, index) => {
    const built = toPart(part, `${where}[${index}]`);
    if (built !== undefined) parts.push(built);
  });
  return parts;
}
