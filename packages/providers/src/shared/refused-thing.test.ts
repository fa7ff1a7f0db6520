import { describe, expect, it } from 'vitest';
import { classifyOpenAiError } from './classify-openai-error.js';

const about = (status: number, message: string, code?: string) =>
  classifyOpenAiError(
    { status, headers: { get: () => undefined }, body: { error: { message, code } }, text: '' },
    { providerName: 'acme' },
  ).about;

describe('what a vendor refused, by its own words', () => {
  it.each([
    ['OpenAI', 'The model `a` does not exist or you do not have access to it.', 'model_not_found'],
    ['Azure', 'The API deployment for this resource does not exist.', 'DeploymentNotFound'],
    ['Anthropic', 'model: claude-sonet-4-5', undefined],
    ['Vertex', 'Publisher Model `projects/p/locations/l/publishers/google/models/a` was not found.', undefined],
    ['Bedrock', 'Could not resolve the foundation model from the provided model identifier.', undefined],
    ['Bedrock, of one that is over', 'This model version has reached the end of its life.', undefined],
    ['Cohere', "model 'a' not found, make sure the correct model ID was used", undefined],
    ['Ollama', 'model "a" not found, try pulling it first', undefined],
    ['Together', 'Unable to access model a. Please visit the list of models.', 'model_not_available'],
    ['Fireworks', 'Model not found, inaccessible, and/or not deployed', 'NOT_FOUND'],
    ['OpenRouter', 'No endpoints found for a/b.', undefined],
  ])('is the model: %s', (_who, message, code) => {
    expect(about(404, message, code)).toBe('model');
  });

  it.each([
    "Conversation with id 'The model a does not exist' not found.",
    'Model response with id resp_1 not found.',
    "Previous response with id 'resp_1' not found.",
    'No such File object: model',
    'Resource not found',
  ])('is not said: %s', (message) => {
    expect(about(404, message)).toBeUndefined();
  });

  it.each([
    [404, 'This is a chat model and not supported in the v1/completions endpoint.', 'operation'],
    [404, 'This model is only supported in v1/responses and not in v1/chat/completions.', 'operation'],
    [403, 'You are not allowed to generate embeddings from this model', 'operation'],
    [404, 'models/a is not found for API version v1beta, or is not supported for embedContent.', 'model_or_operation'],
    [498, 'Flex tier capacity exceeded.', 'tier'],
    [429, 'Resource Unavailable', 'tier'],
    [429, 'Rate limit reached for a.', undefined],
    [503, 'Overloaded', undefined],
  ])('is with status %i "%s": %s', (status, message, expected) => {
    expect(about(status, message)).toBe(expected);
  });
});
