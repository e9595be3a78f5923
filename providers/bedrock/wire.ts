/** Converse's wire, as far as this translation builds it. */

/** One key says what it is: `text`, `image`, `toolUse`, `cachePoint`, … */
export type Block = Readonly<Record<string, unknown>>;

export type Turn = { role: 'user' | 'assistant'; content: Block[] };

export type ToolConfig = { tools: Block[]; toolChoice?: Readonly<Record<string, unknown>> };

export type ConverseBody = {
  messages: Turn[];
  system?: Block[];
  inferenceConfig?: Record<string, unknown>;
  toolConfig?: ToolConfig;
  additionalModelRequestFields?: Record<string, unknown>;
  outputConfig?: Record<string, unknown>;
  [field: string]: unknown;
};
