import type { JsonObject } from '@portico/core';
import { describe, expect, it } from 'vitest';
import { type Loose, target } from '../../test/read-stream.js';
import { gemini } from './index.js';

const messages = [{ role: 'user', content: 'Hello' }];

describe('parameters of a chat', () => {
  it.each([
    [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ max_tokens: 5, max_completion_tokens: 6 }, { maxOutputTokens: 6 }],
    [
      { temperature: 0, top_p: 0.5, top_k: 3, seed: 7 },
      { temperature: 0, topP: 0.5, topK: 3, seed: 7 },
    ],
    [{ n: 2 }, { candidateCount: 2 }],
    [{ stop: 'x' }, { stopSequences: ['x'] }],
    [{ stop: ['x', '', 'y'] }, { stopSequences: ['x', 'y'] }],
    [
      { presence_penalty: 1, frequency_penalty: -1 },
      { presencePenalty: 1, frequencyPenalty: -1 },
    ],
    [
      { logprobs: true, top_logprobs: 3 },
      { responseLogprobs: true, logprobs: 3 },
    ],
    [{ modalities: ['text', 'image'] }, { responseModalities: ['TEXT', 'IMAGE'] }],
    [
      { modalities: ['audio'], audio: { voice: 'Kore', format: 'pcm16' } },
      { responseModalities: ['AUDIO'], speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } } },
    ],
    [{ media_resolution: 'MEDIA_RESOLUTION_LOW' }, { mediaResolution: 'MEDIA_RESOLUTION_LOW' }],
  ])('%j become %j', (given, generationConfig) => {
    const { body, warnings } = encode(given);
    expect([body.generationConfig, warnings]).toEqual([generationConfig, []]);
  });

  it.each([
    [{ safety_settings: [{ category: 'c' }] }, { safetySettings: [{ category: 'c' }] }],
    [{ cachedContent: 'cachedContents/1' }, { cachedContent: 'cachedContents/1' }],
    [{ labels: { team: 'a' } }, { labels: { team: 'a' } }],
    [{ service_tier: 'flex' }, { serviceTier: 'flex' }],
    [{ service_tier: 'default' }, { serviceTier: 'standard' }],
  ])('%j stand beside the configuration as %j', (given, beside) => {
    expect(encode(given).body).toMatchObject(beside);
  });

  it('ask for nothing where they say what is usual', () => {
    const usual = {
      n: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      logprobs: false,
      top_logprobs: 0,
      modalities: ['text'],
      response_format: { type: 'text' },
      service_tier: 'auto',
      store: false,
      logit_bias: {},
      temperature: null,
    };
    expect(encode(usual)).toEqual({ body: { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }, warnings: [] });
  });

  it('are left out with a warning where they only hint', () => {
    const { body, warnings } = encode({ user: 'u', metadata: {}, prompt_cache_key: 'k', store: true, brand_new: 1 });
    expect(Object.keys(body)).toEqual(['contents']);
    expect(warnings).toHaveLength(5);
  });

  it.each([
    [{ logit_bias: { 5: 1 } }, 'logit_bias'],
    [{ audio: { voice: 'Kore', format: 'mp3' } }, 'audio.format'],
    [{ parallel_tool_calls: false, tools: [tool('f'), tool('g')] }, 'parallel_tool_calls'],
    [{ tools: [{ type: 'custom', custom: { name: 'c' } }] }, 'tools[0]'],
  ])('%j are refused, or left out where the deployment says so (R-XL-4)', (given, param) => {
    expect(() => encode(given)).toThrow(expect.objectContaining({ status: 400, code: 'unsupported_parameter', param }));
    expect(encode(given, 'gemini-3-flash-preview', { dropUnsupported: true }).warnings).toEqual([
      expect.stringContaining(`"${param}" was left out`),
    ]);
  });

  it("take the deployment's bound where the client sets none", () => {
    expect(encode({}, 'gemini-3-flash-preview', { maxOutputTokens: 99 }).body.generationConfig).toEqual({
      maxOutputTokens: 99,
    });
  });
});

describe('how much to think', () => {
  it.each([
    ['gemini-2.5-flash', { reasoning_effort: 'none' }, { thinkingBudget: 0 }],
    ['gemini-2.5-flash', { reasoning_effort: 'minimal' }, { includeThoughts: true, thinkingBudget: 1 }],
    ['gemini-2.5-flash-lite', { reasoning_effort: 'minimal' }, { includeThoughts: true, thinkingBudget: 512 }],
    ['gemini-2.5-pro', { reasoning_effort: 'minimal' }, { includeThoughts: true, thinkingBudget: 128 }],
    ['gemini-2.5-pro', { reasoning_effort: 'none' }, { thinkingBudget: 128 }],
    ['gemini-2.5-flash', { reasoning_effort: 'low' }, { includeThoughts: true, thinkingBudget: 1024 }],
    ['gemini-2.5-flash', { reasoning_effort: 'medium' }, { includeThoughts: true, thinkingBudget: 2048 }],
    ['gemini-2.5-flash', { reasoning_effort: 'high' }, { includeThoughts: true, thinkingBudget: 4096 }],
    [
      'gemini-2.5-flash',
      { reasoning_effort: 'high', max_tokens: 1000 },
      { includeThoughts: true, thinkingBudget: 500 },
    ],
    [
      'gemini-2.5-flash',
      { thinking: { type: 'enabled', budget_tokens: 99_999 } },
      { includeThoughts: true, thinkingBudget: 24_576 },
    ],
    ['gemini-2.5-flash', { thinking: { type: 'disabled' } }, { thinkingBudget: 0 }],
    ['gemini-2.5-flash', { thinking: { type: 'adaptive' } }, { includeThoughts: true }],
    ['gemini-3-pro-preview', { reasoning_effort: 'minimal' }, { includeThoughts: true, thinkingLevel: 'LOW' }],
    ['gemini-3-pro-preview', { reasoning_effort: 'medium' }, { includeThoughts: true, thinkingLevel: 'HIGH' }],
    ['gemini-3-flash-preview', { reasoning_effort: 'minimal' }, { includeThoughts: true, thinkingLevel: 'MINIMAL' }],
    ['gemini-3-flash-preview', { reasoning_effort: 'none' }, { thinkingLevel: 'MINIMAL' }],
    ['gemini-3.7-flash', { reasoning_effort: 'minimal' }, { includeThoughts: true, thinkingLevel: 'LOW' }],
    ['gemini-3.1-pro-preview', { reasoning_effort: 'medium' }, { includeThoughts: true, thinkingLevel: 'MEDIUM' }],
    ['gemini-3.1-pro-preview', { reasoning_effort: 'xhigh' }, { includeThoughts: true, thinkingLevel: 'HIGH' }],
    [
      'gemini-3-pro-preview',
      { thinking: { type: 'enabled', budget_tokens: 500 } },
      { includeThoughts: true, thinkingBudget: 500 },
    ],
    ['gemini-3-pro-image-preview', { reasoning_effort: 'high' }, { includeThoughts: true }],
    ['gemini-2.0-flash', { reasoning_effort: 'none' }, undefined],
    ['gemini-3-flash-preview', {}, undefined],
  ])('is told %s for %j as %j', (model, given, thinkingConfig) => {
    expect(encode(given, model).body.generationConfig?.thinkingConfig).toEqual(thinkingConfig);
  });

  it('says where the model cannot do without', () => {
    expect(encode({ reasoning_effort: 'none' }, 'gemini-3-pro-preview').warnings).toEqual([
      expect.stringContaining('cannot answer without thinking'),
    ]);
  });

  it.each([
    [{ reasoning_effort: 'low' }, 'gemini-2.0-flash', 'reasoning_effort'],
    [{ thinking: { type: 'enabled', budget_tokens: 5 } }, 'gemini-2.0-flash', 'thinking'],
    [{ thinking: { type: 'adaptive' } }, 'gemini-2.0-flash', 'thinking'],
    [{ reasoning_effort: 'huge' }, 'gemini-2.5-flash', 'reasoning_effort'],
    [{ thinking: true }, 'gemini-2.5-flash', 'thinking'],
  ])('refuses %j for %s', (given, model, param) => {
    expect(() => encode(given, model)).toThrow(expect.objectContaining({ kind: 'invalid_input', param }));
  });
});

function tool(name: string) {
  return { type: 'function', function: { name } };
}

function encode(given: JsonObject, model = 'gemini-2.5-flash', more: object = {}): Loose {
  const to = target({ model, ...more });
  return {
    body: gemini.codecs['chat.completions']?.encode({ model: 'm', messages, ...given }, to),
    warnings: to.warnings,
  };
}
