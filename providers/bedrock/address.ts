/** Bedrock's addresses: the model's id is a part of the path, with its colons and slashes encoded. */
import type { Service } from './region.ts';

export const RUNTIME: Service = { host: 'bedrock-runtime', setting: 'aws_bedrock_runtime_endpoint' };

export function modelUrl(baseUrl: string, id: string, operation: string): string {
  return `${baseUrl}/model/${encodeURIComponent(id)}/${operation}`;
}
