/** Fetches the images, documents and recordings a request points to, for providers that cannot, and puts data URIs in their place. */
import type { ChatMessage, ChatRequest, ContentPart } from '../../providers/protocol/chat.ts';
import { isObject, textOf, type JsonObject } from '../../providers/protocol/json.ts';
import { mediaTypeByName } from '../../providers/protocol/media-type.ts';
import type { Attachment } from '../../providers/provider.ts';
import { CallAborted, CallFailed } from './client.ts';
import { DownloadRefused, type Download, type Downloaded } from './downloads.ts';

/** For all attachments of one request together: they are held in memory, and once more as base64. */
export const MAX_ATTACHMENT_BYTES = 50 * 1024 * 1024;

const MOST_AT_ONCE = 4;

export type Inlining = {
  readonly wanted: (attachment: Attachment) => boolean;
  readonly download: Download;
  readonly signal: AbortSignal;
};

/** Where a part keeps its URL, and the part with the fetched data in its place. */
type Holder = {
  readonly attachment: Attachment;
  /** The field at fault, inside the part. */
  readonly field: string;
  readonly filled: (data: string, mediaType: string) => ContentPart;
};

const KINDS = { image_url: 'image', video_url: 'video' } as const;

function isUrl(text: string | undefined): text is string {
  return text !== undefined && /^https?:\/\//i.test(text);
}

function attachmentOf(kind: Attachment['kind'], url: string, format: unknown): Attachment {
  const said = textOf(format);
  return { kind, url, ...(said === undefined ? {} : { format: said }) };
}

function mediaHolder(part: JsonObject, type: keyof typeof KINDS): Holder | undefined {
  const media = part[type];
  const fields = isObject(media) ? media : {};
  const url = isObject(media) ? textOf(media['url']) : textOf(media);
  if (!isUrl(url)) return undefined;
  return {
    attachment: attachmentOf(KINDS[type], url, fields['format']),
    field: type,
    filled: (data, mediaType) => ({ ...part, type, [type]: { ...fields, url: `data:${mediaType};base64,${data}` } }),
  };
}

function fileHolder(part: JsonObject): Holder | undefined {
  const file = isObject(part['file']) ? part['file'] : {};
  const url = [textOf(file['file_id']), textOf(file['file_data'])].find(isUrl);
  if (url === undefined) return undefined;
  const { file_id: _id, ...rest } = file;
  return {
    attachment: attachmentOf('file', url, file['format']),
    field: 'file',
    filled: (data, mediaType) => ({
      ...part,
      type: 'file',
      file: { ...rest, file_data: `data:${mediaType};base64,${data}` },
    }),
  };
}

function audioHolder(part: JsonObject): Holder | undefined {
  const audio = isObject(part['input_audio']) ? part['input_audio'] : {};
  const url = textOf(audio['data']);
  if (!isUrl(url)) return undefined;
  // The format of audio is a word of its own (`wav`), not a media type.
  return {
    attachment: attachmentOf('audio', url, undefined),
    field: 'input_audio',
    filled: (data) => ({ ...part, type: 'input_audio', input_audio: { ...audio, data } }),
  };
}

function holderOf(part: ContentPart): Holder | undefined {
  const fields: JsonObject = part;
  switch (part.type) {
    case 'image_url':
    case 'video_url':
      return mediaHolder(fields, part.type);
    case 'file':
      return fileHolder(fields);
    case 'input_audio':
      return audioHolder(fields);
    default:
      return undefined;
  }
}

/** What storage servers say of every object. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['application/octet-stream', 'binary/octet-stream', '']);

function mediaTypeOf({ kind, url, format }: Attachment, { mediaType }: Downloaded): string {
  if (format !== undefined) return format;
  const said = mediaType === undefined || SAYS_NOTHING.has(mediaType) ? undefined : mediaType;
  const type = said ?? mediaTypeByName(url);
  if (type === undefined) throw new DownloadRefused('its media type is unknown: name it in the field format');
  // A page about a picture, or the form of a login, is no picture.
  if (kind !== 'file' && /^(text\/|application\/(json|xml|xhtml))/.test(type))
    throw new DownloadRefused(`it is ${type}, and no ${kind}`);
  return type;
}

type Found = { readonly holder: Holder; readonly message: number; readonly part: number };

function find(messages: readonly ChatMessage[], wanted: Inlining['wanted']): Found[] {
  return messages.flatMap(({ content }, message) => {
    if (!Array.isArray(content)) return [];
    return content.flatMap((part, index) => {
      const holder = holderOf(part);
      return holder === undefined || !wanted(holder.attachment) ? [] : [{ holder, message, part: index }];
    });
  });
}

/** Runs a few at a time: a request with a hundred images must not open a hundred connections. */
async function eachFew<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(MOST_AT_ONCE, items.length) }, worker));
}

/** Errors: {@link CallFailed} that names the part whose URL cannot be used. Untouched messages are shared with the request. */
export async function inlineAttachments(request: ChatRequest, inlining: Inlining): Promise<ChatRequest> {
  const found = find(request.messages, inlining.wanted);
  if (found.length === 0) return request;
  const ended = new AbortController();
  const limits = { left: MAX_ATTACHMENT_BYTES, signal: AbortSignal.any([inlining.signal, ended.signal]) };
  // A history often shows the same picture again and again.
  const downloads = new Map<string, Promise<Downloaded>>();
  const messages = [...request.messages];
  const replace = ({ message, part }: Found, filled: ContentPart): void => {
    const { content, ...rest } = messages[message] ?? { role: 'user' };
    if (Array.isArray(content)) messages[message] = { ...rest, content: content.with(part, filled) };
  };
  try {
    await eachFew(found, async (one) => {
      const { attachment, field, filled } = one.holder;
      try {
        const download = downloads.get(attachment.url) ?? inlining.download(attachment.url, limits);
        downloads.set(attachment.url, download);
        const fetched = await download;
        replace(one, filled(Buffer.from(fetched.bytes).toString('base64'), mediaTypeOf(attachment, fetched)));
      } catch (error) {
        if (!(error instanceof DownloadRefused)) throw error;
        throw new CallFailed(failureOf(error, `messages[${one.message}].content[${one.part}].${field}`), error);
      }
    });
  } catch (error) {
    // One part that cannot be had ends the others.
    ended.abort(error);
    // Nothing was sent to the provider yet.
    throw error instanceof CallAborted ? new CallAborted({ ...error.failure, billed: 'no' }) : error;
  }
  return { ...request, messages };
}

function failureOf(error: DownloadRefused, param: string): CallFailed['failure'] {
  return {
    code: 'invalid_request',
    message: `The URL in ${param} cannot be used: ${error.message}.`,
    param,
    billed: 'no',
  };
}
