/** ElevenLabs: text to speech and speech to text. */
import { toSpeech } from '../openai/files.ts';
import { toFailure } from '../protocol/failure.ts';
import { fileIn, toForm } from '../protocol/file.ts';
import { isObject, listOf, textOf, type JsonObject } from '../protocol/json.ts';
import { checkPlain, oneOf } from '../protocol/plain-parameters.ts';
import { orRefusal } from '../protocol/refused.ts';
import { extraHeaders } from '../protocol/settings.ts';
import { countedSound, inForm, segmentsOf, spokenIn, secondsOf, type Transcript } from '../protocol/transcript.ts';
import { InvalidResponse, type PlainTranslation, type Provider } from '../provider.ts';

const TITLE = 'ElevenLabs';

/** OpenAI's voices, by those of ElevenLabs that LiteLLM puts in their place. */
const VOICES: Readonly<Record<string, string>> = {
  alloy: '21m00Tcm4TlvDq8ikWAM',
  ash: 'AZnzlk1XvdvUeBnXmlld',
  coral: '9BWtsMINqrJLrRacOk9x',
  onyx: '29vD33N1CtxCmqQRPOHJ',
  sage: 'CwhRBWXzGAHq8TQ4Fs17',
  verse: 'CYw3kZ02Hs0563khs1Fj',
};

/** A caller of OpenAI plays PCM at 24 kHz, whatever else ElevenLabs could give. */
const FORMATS: Readonly<Record<string, string>> = { mp3: 'mp3_44100_128', pcm: 'pcm_24000', opus: 'opus_48000_128' };

const DEFAULT_VOICE = '21m00Tcm4TlvDq8ikWAM';

function voiceOf(voice: unknown): string {
  const named = isObject(voice) ? textOf(voice['id']) : textOf(voice);
  if (named === undefined) return DEFAULT_VOICE;
  return Object.hasOwn(VOICES, named) ? (VOICES[named] ?? named) : named;
}

const OWN = [
  'voice_settings',
  'language_code',
  'seed',
  'previous_text',
  'next_text',
  'apply_text_normalization',
] as const;
const takesText = oneOf('input', 'voice', 'speed', 'stream_format', ...OWN);

const speech: PlainTranslation = {
  toRequest: (body, { model, baseUrl, settings }) => {
    const takes = (name: string, value: unknown): boolean =>
      name === 'response_format' ? Object.hasOwn(FORMATS, String(value)) : takesText(name);
    const checked = checkPlain(body, { title: TITLE, model, settings, takes });
    if ('refused' in checked) return checked;
    const {
      input,
      voice,
      speed,
      response_format: format,
      stream_format: _whole,
      voice_settings: own,
      ...rest
    } = checked.kept;
    const voiceSettings: JsonObject = { ...(speed === undefined ? {} : { speed }), ...(isObject(own) ? own : {}) };
    return {
      method: 'POST',
      url: `${baseUrl}/v1/text-to-speech/${encodeURIComponent(voiceOf(voice))}?output_format=${FORMATS[textOf(format) ?? 'mp3'] ?? ''}`,
      headers: { 'content-type': 'application/json', ...extraHeaders(settings) },
      body: JSON.stringify({
        ...rest,
        text: input,
        model_id: model,
        ...(Object.keys(voiceSettings).length === 0 ? {} : { voice_settings: voiceSettings }),
      }),
      dropped: checked.dropped,
    };
  },
  fromResponse: toSpeech,
};

const OWN_SOUND = [
  'diarize',
  'num_speakers',
  'tag_audio_events',
  'timestamps_granularity',
  'seed',
  'keyterms',
] as const;
const takesSound = oneOf('file', 'language', 'temperature', 'response_format', 'timestamp_granularities', ...OWN_SOUND);

const transcription: PlainTranslation = {
  toRequest: (body, { id, model, baseUrl, settings }) => {
    const checked = checkPlain(body, {
      title: TITLE,
      model,
      settings,
      takes: (name, value) => takesSound(name) && value !== 'diarized_json',
    });
    if ('refused' in checked) return checked;
    const { language, response_format: _format, timestamp_granularities: _times, ...rest } = checked.kept;
    return orRefusal(() => {
      const file = fileIn(body, 'file');
      const form = toForm(
        { ...rest, model_id: model, ...(language === undefined ? {} : { language_code: language }), file },
        id,
      );
      return {
        method: 'POST',
        url: `${baseUrl}/v1/speech-to-text`,
        headers: { 'content-type': form.contentType, ...extraHeaders(settings) },
        body: form.body,
        dropped: checked.dropped,
      };
    });
  },
  fromResponse: ({ json }, body) => {
    if (!isObject(json) || typeof json['text'] !== 'string')
      throw new InvalidResponse(`${TITLE} answered without the text of what was said.`);
    const words = spokenIn(
      listOf(json['words']).filter((word) => isObject(word) && word['type'] !== 'spacing'),
      'text',
    );
    // Where the length of the sound is not said, it is as long as what was heard in it.
    const duration = json['audio_duration_secs'] ?? words.at(-1)?.end;
    const durationS = secondsOf(duration);
    const language = textOf(json['language_code']);
    const transcript: Transcript = {
      text: json['text'],
      words,
      segments: segmentsOf(words),
      ...(language === undefined ? {} : { language }),
      ...(durationS === undefined ? {} : { durationS }),
    };
    const usage = countedSound(undefined, duration);
    return {
      body: inForm(transcript, body, 'transcribe', { text: transcript.text }),
      ...(usage === undefined ? {} : { usage }),
    };
  },
};

export const elevenlabs: Provider = {
  id: 'elevenlabs',
  title: TITLE,
  baseUrl: 'https://api.elevenlabs.io',
  baseUrlVariables: ['ELEVENLABS_API_BASE'],
  keyVariables: ['ELEVENLABS_API_KEY'],
  auth: { kind: 'header', name: 'xi-api-key' },
  speech,
  transcription,
  fromError: (status, body, headers) => toFailure({ title: TITLE, status, body, headers }),
};
