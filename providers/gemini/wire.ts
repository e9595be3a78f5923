/** Google's generateContent wire, as far as this translation builds it. */

export type Part = { [field: string]: unknown };

export type Content = { role: 'user' | 'model'; parts: Part[] };

export type GeminiTool = { [field: string]: unknown };

export type GenerateBody = {
  contents: Content[];
  systemInstruction?: { parts: Part[] };
  tools?: GeminiTool[];
  toolConfig?: Record<string, unknown>;
  generationConfig?: Record<string, unknown>;
  [field: string]: unknown;
};
