/** Content parts to Converse's blocks: text, images, documents, sound, video. */
import type { CacheControl, ContentPart } from '../protocol/chat.ts';
import { parseDataUri } from '../protocol/data-uri.ts';
import { hashOf } from '../protocol/hash.ts';
import { isObject, textOf, type JsonObject } from '../protocol/json.ts';
import { mediaTypeByName } from '../protocol/media-type.ts';
import { Refused } from '../protocol/refused.ts';
import type { Abilities } from './abilities.ts';
import { TITLE } from './error.ts';
import type { Block } from './wire.ts';

/** What the blocks of one request share. */
export type PartContext = {
  readonly abilities: Abilities;
  /** Names of documents so far: two of one name are refused. */
  readonly documents: Set<string>;
};

const IMAGES: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/jpg': 'jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
};

const DOCUMENTS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
};

const VIDEOS: Readonly<Record<string, string>> = {
  'video/x-matroska': 'mkv',
  'video/quicktime': 'mov',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/x-flv': 'flv',
  'video/mpeg': 'mpeg',
  'video/x-ms-wmv': 'wmv',
  'video/3gpp': 'three_gp',
};

/** Bedrock reads these itself, with the rights of the account. */
function isS3(url: string): boolean {
  return url.startsWith('s3://');
}

function wanted(formats: Readonly<Record<string, string>>, mediaType: string | undefined): string | undefined {
  const type = mediaType?.split(';', 1)[0]?.trim().toLowerCase();
  return type !== undefined && Object.hasOwn(formats, type) ? formats[type] : undefined;
}

type Source = { readonly mediaType: string | undefined; readonly source: Block; readonly content: string };

function sourceOf(url: string, format: string | undefined, where: string): Source {
  if (isS3(url))
    return { mediaType: format ?? mediaTypeByName(url), source: { s3Location: { uri: url } }, content: url };
  const data = parseDataUri(url);
  if (data === undefined)
    throw new Refused(
      'invalid_request',
      `${TITLE} takes attachments as URLs, s3:// addresses or base64 data URIs.`,
      where,
    );
  return { mediaType: format ?? data.mediaType, source: { bytes: data.data }, content: data.data };
}

function notTaken(kind: string, mediaType: string | undefined, where: string): Refused {
  return new Refused(
    'invalid_request',
    `${TITLE} does not take ${kind} of the type ${mediaType ?? 'unknown'}: name another in the field format.`,
    where,
  );
}

/** Letters, digits, single spaces, hyphens, brackets. The same document always gets the same name, so that caches find it. */
function documentName(filename: string | undefined, content: string, taken: Set<string>): string {
  const plain = filename
    ?.replace(/\.[a-z0-9]{1,5}$/i, '')
    .replaceAll(/[^a-zA-Z0-9 ()[\]-]/g, ' ')
    .replaceAll(/ +/g, ' ')
    .trim()
    .slice(0, 180);
  const name = textOf(plain) ?? `document-${hashOf(content)}`;
  let unique = name;
  for (let n = 2; taken.has(unique); n += 1) unique = `${name}-${n}`;
  taken.add(unique);
  return unique;
}

function documentBlock(
  { mediaType, source, content }: Source,
  filename: string | undefined,
  context: PartContext,
  where: string,
): Block {
  const format = wanted(DOCUMENTS, mediaType);
  if (format === undefined) throw notTaken('documents', mediaType, where);
  return { document: { format, name: documentName(filename, content, context.documents), source } };
}

function imageBlock(part: JsonObject, context: PartContext, where: string): Block {
  const image = part['image_url'];
  const url = (isObject(image) ? textOf(image['url']) : textOf(image)) ?? '';
  const given = sourceOf(url, isObject(image) ? textOf(image['format']) : undefined, where);
  if (given.mediaType === 'application/pdf') return documentBlock(given, undefined, context, where);
  const format = wanted(IMAGES, given.mediaType);
  if (format === undefined) throw notTaken('images', given.mediaType, where);
  return { image: { format, source: given.source } };
}

function fileBlock(part: JsonObject, context: PartContext, where: string): Block {
  const file = isObject(part['file']) ? part['file'] : {};
  const filename = textOf(file['filename']);
  const id = textOf(file['file_id']);
  const data = textOf(file['file_data']);
  if (data === undefined && (id === undefined || !isS3(id)))
    throw new Refused('invalid_request', `${TITLE} takes files as file_data, a URL or an s3:// address.`, where);
  const named = textOf(file['format']) ?? (filename === undefined ? undefined : mediaTypeByName(filename));
  // Bare base64 is a PDF, unless its name says otherwise.
  const bare = data !== undefined && !data.startsWith('data:') && !isS3(data);
  const url = bare ? `data:${named ?? 'application/pdf'};base64,${data}` : (data ?? id ?? '');
  const given = sourceOf(url, textOf(file['format']), where);
  const image = wanted(IMAGES, given.mediaType);
  if (image !== undefined) return { image: { format: image, source: given.source } };
  return documentBlock(given, filename, context, where);
}

function videoBlock(part: JsonObject, where: string): Block {
  const video = part['video_url'];
  const url = (isObject(video) ? textOf(video['url']) : textOf(video)) ?? '';
  const given = sourceOf(url, isObject(video) ? textOf(video['format']) : undefined, where);
  const format = wanted(VIDEOS, given.mediaType);
  if (format === undefined) throw notTaken('videos', given.mediaType, where);
  return { video: { format, source: given.source } };
}

function audioBlock(part: JsonObject, { abilities }: PartContext, where: string): Block {
  if (!abilities.audio)
    throw new Refused('unsupported_parameter', `${TITLE} does not take audio for model ${abilities.name}.`, where);
  const audio = isObject(part['input_audio']) ? part['input_audio'] : {};
  const data = textOf(audio['data']) ?? '';
  return { audio: { format: textOf(audio['format']) ?? 'wav', source: { bytes: parseDataUri(data)?.data ?? data } } };
}

/** Converse's own blocks pass in a part of their name: `{type: "guardContent", guardContent: {…}}`. */
const NATIVE: ReadonlySet<string> = new Set([
  'document',
  'image',
  'video',
  'guardContent',
  'searchResult',
  'citationsContent',
]);

/** One part; nothing for blank text, which Bedrock refuses. Throws {@link Refused} for what it cannot take. */
function toBlock(part: ContentPart, context: PartContext, where: string): Block | undefined {
  const fields: JsonObject = part;
  switch (part.type) {
    case 'text':
    case 'refusal': {
      const text = textOf(fields[part.type]);
      return text === undefined || text.trim() === '' ? undefined : { text };
    }
    case 'guarded_text':
      // LiteLLM's word for text that a guardrail shall look at.
      return { guardContent: { text: { text: textOf(fields['text']) ?? '' } } };
    case 'image_url':
      return imageBlock(fields, context, `${where}.image_url`);
    case 'file':
      return fileBlock(fields, context, `${where}.file`);
    case 'video_url':
      return videoBlock(fields, `${where}.video_url`);
    case 'input_audio':
      return audioBlock(fields, context, `${where}.input_audio`);
    default:
      if (NATIVE.has(part.type) && isObject(fields[part.type])) return { [part.type]: fields[part.type] };
      throw new Refused(
        'unsupported_parameter',
        `${TITLE} does not take content of type ${part.type}.`,
        `${where}.type`,
      );
  }
}

/** What the model's cache keeps ends here. Nothing for models without a cache. */
export function cachePoint(control: CacheControl | undefined, { cachePoints, cacheTtl }: Abilities): Block | undefined {
  if (control === undefined || !cachePoints) return undefined;
  return { cachePoint: { type: 'default', ...(control.ttl !== undefined && cacheTtl ? { ttl: control.ttl } : {}) } };
}

export function toBlocks(
  content: string | readonly ContentPart[] | null | undefined,
  context: PartContext,
  where: string,
): Block[] {
  if (content === null || content === undefined) return [];
  if (typeof content === 'string') return content.trim() === '' ? [] : [{ text: content }];
  return content.flatMap((part, index) => {
    const block = toBlock(part, context, `${where}[${index}]`);
    const point = cachePoint(part.cache_control, context.abilities);
    return block === undefined ? [] : point === undefined ? [block] : [block, point];
  });
}
