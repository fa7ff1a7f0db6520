import { withoutRegions } from './model-reference.js';

/** The operations of a model; only chat if they are not known. */
export type KindOfModel = 'chat' | 'embeddings' | 'images' | 'rerank';

/** By a model's name, with or without its regions. */
export function modelKind(model: string): KindOfModel {
  const name = withoutRegions(model.toLowerCase());
  if (/^amazon\.(?:titan-embed|nova-[\w-]*embed)|^cohere\.embed/.test(name)) return 'embeddings';
  if (/^amazon\.(?:titan-image|nova-canvas)|^stability\./.test(name)) return 'images';
  if (/^(?:amazon|cohere)\.rerank/.test(name)) return 'rerank';
  return 'chat';
}

/** Claude, by any of its names. */
export function isClaude(model: string): boolean {
  return model.toLowerCase().includes('claude');
}
