import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { FunctionCallingConfigMode, GoogleGenAI, Type } from '@google/genai';
import type { UsageRecord } from '@portico/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UPSTREAM_KEY } from '../support/gateway-on.js';
import { MOUNTS } from '../support/mounts.js';

// Google's client speaks Gemini's own wire: its paths are let through, to a Gemini that answers as its reference says
// (documented: https://ai.google.dev/api/generate-content).

const MODEL = 'gemini-2.5-flash';
const KEY = 'sk-portico-a-key-of-the-tests-and-of-nothing-else';
const CALL = { functionCall: { name: 'weather', args: { city: 'Oslo' } } };

describe("Google's client, with a key of the gateway", () => {
  it('calls a tool, hears of its result and reads a stream; each is paid for (R-BUD-4)', async () => {
    const { google, asked, records } = await start();
    const config = {
      tools: [
        {
          functionDeclarations: [
            { name: 'weather', parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING } } } },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
    };
    const question = { role: 'user', parts: [{ text: 'Weather in Oslo?' }] };
    const called = await google.models.generateContent({ model: MODEL, contents: [question], config });
    expect(called.functionCalls).toMatchObject([{ name: 'weather', args: { city: 'Oslo' } }]);

    const stream = await google.models.generateContentStream({
      model: MODEL,
      contents: [
        question,
        { role: 'model', parts: [CALL] },
        { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { output: 'rains' } } }] },
      ],
    });
    let text = '';
    for await (const chunk of stream) text += chunk.text ?? '';
    expect(text).toBe('It rains in Oslo.');

    // The deployment's credential and no other reaches the vendor.
    expect(asked.map((headers) => headers['x-goog-api-key'])).toEqual([UPSTREAM_KEY, UPSTREAM_KEY]);
    expect(JSON.stringify(asked)).not.toContain(KEY);
    expect(await records()).toMatchObject([
      { operation: 'pass_through', usage: { inputTokens: 10, outputTokens: 4 }, costNanoUsd: 18_000 },
      {
        operation: 'pass_through',
        usage: { inputTokens: 20, outputTokens: 6, reasoningTokens: 3 },
        costNanoUsd: 38_000,
      },
    ]);
  });

  it('is refused with another key, and with another model', async () => {
    const { google, stranger, asked } = await start();
    const ask = { model: MODEL, contents: 'Hello' };
    await expect(stranger.models.generateContent(ask)).rejects.toMatchObject({ status: 401 });
    await expect(google.models.generateContent({ ...ask, model: 'gemini-2.5-pro' })).rejects.toMatchObject({
      status: expect.toSatisfy((status) => status === 403 || status === 404),
    });
    expect(asked).toEqual([]);
  });
});

async function start() {
  const gemini = await startGemini();
  const ledger: UsageRecord[] = [];
  const mounted = await MOUNTS['Express 5']({
    models: {
      flash: [
        { model: `gemini/${MODEL}`, baseUrl: gemini.origin, apiKey: UPSTREAM_KEY, price: { input: 1, output: 2 } },
      ],
    },
    keys: [{ key: KEY, principal: { id: 'ada' } }],
    passThrough: {
      '/google': {
        to: 'flash',
        paths: [`/v1beta/models/${MODEL}:generateContent`, `/v1beta/models/${MODEL}:streamGenerateContent`],
      },
    },
    onUsage: (record) => void ledger.push(record),
  });
  onTestFinished(() => mounted.close());
  const baseUrl = `${mounted.baseUrl.replace(/\/v1$/, '')}/google`;
  const clientWith = (apiKey: string) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
  return {
    google: clientWith(KEY),
    stranger: clientWith('sk-portico-a-key-that-nobody-has-given-to-anyone'),
    asked: gemini.asked,
    async records() {
      await mounted.gateway.close();
      return ledger;
    },
  };
}

/** A Gemini that calls the tool it must, and otherwise says in two pieces that it rains. */
async function startGemini() {
  const asked: IncomingHttpHeaders[] = [];
  const server = createServer(async (req, res) => {
    const { toolConfig } = (await json(req)) as { toolConfig?: object };
    asked.push(req.headers);
    if (toolConfig !== undefined) {
      res.writeHead(200, { 'content-type': 'application/json; charset=UTF-8' });
      res.end(
        JSON.stringify(part(CALL, 'STOP', { promptTokenCount: 10, candidatesTokenCount: 4, totalTokenCount: 14 })),
      );
      return;
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const used = { promptTokenCount: 20, candidatesTokenCount: 2, thoughtsTokenCount: 3, totalTokenCount: 25 };
    res.write(`data: ${JSON.stringify(part({ text: 'It rains' }, undefined, used))}\r\n\r\n`);
    const all = { ...used, candidatesTokenCount: 6, totalTokenCount: 29 };
    res.end(`data: ${JSON.stringify(part({ text: ' in Oslo.' }, 'STOP', all))}\r\n\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, asked };
}

function part(content: object, finishReason: string | undefined, usageMetadata: object) {
  return {
    candidates: [{ content: { role: 'model', parts: [content] }, finishReason, index: 0 }],
    usageMetadata,
    modelVersion: MODEL,
  };
}
