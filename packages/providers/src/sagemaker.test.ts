import type { Codec, ConnectionSettings } from '@portico/core/provider';
import { describe, expect, it } from 'vitest';
import { frame } from '../test/frames.js';
import { collected, readEvents, target } from '../test/read-stream.js';
import { payloadPartFraming } from './bedrock/payload-part-framing.js';
import { sagemaker } from './index.js';

const codec = sagemaker.codecs['chat.completions'] as Codec;
const CHUNKS = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
  { choices: [{ index: 0, delta: { content: 'Grüße' } }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
];

describe('an endpoint of SageMaker', () => {
  it('is asked at its own address, another one for streams', () => {
    const connection = sagemaker.connect(SETTINGS);
    expect(connection.origin).toBe('https://runtime.sagemaker.eu-west-1.amazonaws.com');
    expect(connection.paths).toEqual({ 'chat.completions': '/endpoints/my-llama/invocations' });
    expect(connection.streamPaths).toEqual({ 'chat.completions': '/endpoints/my-llama/invocations-response-stream' });
    expect(connection.sign).toBeDefined();
  });

  it('streams what its server says, wherever the frames break it', () => {
    for (const newline of ['\n', '\r\n']) {
      const said = [...CHUNKS.map((chunk) => `data: ${JSON.stringify(chunk)}`), ': ping', 'data: [DONE]']
        .map((event) => event + newline + newline)
        .join('');
      const bytes = new TextEncoder().encode(said);
      for (let size = 1; size < 40; size += 1) {
        const read = readEvents(codec, eventsOf(parts(bytes, size)));
        expect([read.failure, read.malformed, read.dones]).toEqual([undefined, 0, 1]);
        expect(collected(read.chunks)).toMatchObject({ message: { content: 'Grüße' }, finish: 'stop' });
      }
    }
  });

  it('ends its stream with the exception that broke it off', () => {
    const exception = frame({ ':message-type': 'exception', ':exception-type': 'ModelStreamError' }, '{"Message":"x"}');
    const { failure, dones } = readEvents(codec, eventsOf([exception]));
    expect([failure?.kind, failure?.message, dones]).toEqual(['upstream_error', 'sagemaker_chat failed to answer.', 0]);
  });

  it.each([
    [424, 'ModelError', { OriginalStatusCode: 400, OriginalMessage: 'Input is too long' }, 'context_too_long'],
    [424, 'ModelError', { OriginalStatusCode: 500, Message: 'Received server error' }, 'upstream_error'],
    [400, 'ValidationError', { Message: 'Endpoint x of account 1 not found.' }, 'upstream_model_not_found'],
    [503, 'ServiceUnavailable', { Message: 'x' }, 'overloaded'],
    [429, 'ThrottlingException', { Message: 'Rate exceeded' }, 'rate_limited'],
  ])('tells %i %s: %j', (status, name, body, kind) => {
    const headers = { get: (header: string) => (header === 'x-amzn-errortype' ? name : undefined) };
    expect(sagemaker.classify({ status, headers, body, text: '' }).kind).toBe(kind);
  });

  it('is asked in the shape of OpenAI', () => {
    const messages = [{ role: 'developer', content: 'Be kind.' }];
    const to = target({ model: 'my-llama' });
    expect(codec.encode({ messages }, to)).toEqual({
      model: 'my-llama',
      messages: [{ role: 'system', content: 'Be kind.' }],
    });
  });
});

const SETTINGS: ConnectionSettings = {
  model: 'my-llama',
  baseUrl: undefined,
  apiKey: undefined,
  apiVersion: undefined,
  headers: {},
  options: { region: 'eu-west-1' },
};

function parts(bytes: Uint8Array, size: number): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    frames.push(frame({ ':message-type': 'event', ':event-type': 'PayloadPart' }, bytes.subarray(at, at + size)));
  }
  return frames;
}

function eventsOf(pieces: readonly Uint8Array[]): [string | undefined, string][] {
  const found: [string | undefined, string][] = [];
  const cut = payloadPartFraming.open((data, name) => void found.push([name, data]));
  for (const piece of pieces) cut(piece);
  return found;
}
