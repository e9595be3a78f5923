/** The schema of configuration files as JSON schema, for editors: `# yaml-language-server: $schema=config.schema.json`. */
import { z } from 'zod';
import { fileSchema } from './schema.ts';

/** As text, ready to be written to `config.schema.json`; the same for the same schema. */
export function configJsonSchema(): string {
  // `unrepresentable`: our own kinds of values carry their JSON schema with them.
  const schema = z.toJSONSchema(fileSchema, { io: 'input', unrepresentable: 'any' });
  const titled = {
    ...schema,
    title: 'Holdfast configuration',
    description: "LiteLLM's config.yaml, with Holdfast's own settings.",
  };
  return `${JSON.stringify(titled, undefined, 2)}\n`;
}
