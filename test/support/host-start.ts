import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DeploymentDetails, Logger } from '@portico/core';
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from '@portico/testing';
import express, { type Express } from 'express';
import { onTestFinished } from 'vitest';
import { startControlledProvider } from './controlled-provider.js';
import { UPSTREAM_KEY, WIRES } from './gateway-on.js';
import { MOUNTS, type MountConfig, type Mounted, mountExpress } from './mounts.js';

/** A fake provider that ends with the test. */
export async function startProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  const provider = await startFakeProvider(options);
  onTestFinished(() => provider.close());
  return provider;
}

/** A gateway below `/llm` of an Express app, until the test ends; `before` installs what the host has in front of it. */
export async function startInExpress(config: MountConfig, before?: (app: Express) => void): Promise<Mounted> {
  const mounted = await mountExpress(express, config, before);
  onTestFinished(() => mounted.close());
  return mounted;
}

/** A gateway without a socket, until the test ends. */
export async function startInProcess(config: MountConfig): Promise<Mounted> {
  const mounted = await MOUNTS['in-process'](config);
  onTestFinished(() => mounted.close());
  return mounted;
}

/** Groups of one OpenAI deployment each, named like their model. */
export function groupsOn(
  provider: FakeProvider,
  ...models: readonly string[]
): Record<string, readonly DeploymentDetails[]> {
  return Object.fromEntries(models.map((model) => [model, [WIRES.openai(provider, model)]]));
}

/** A provider that says each word only when the test says so, and a group of it; it ends with the test. */
export async function startControlled() {
  const provider = await startControlledProvider();
  onTestFinished(() => provider.close());
  const deployment = {
    model: 'openai/steered',
    baseUrl: provider.url,
    apiKey: UPSTREAM_KEY,
    price: { input: 1, output: 2 },
  };
  return { provider, models: { chat: [deployment] } };
}

/** An upstream that a test answers for by hand, until the test ends. */
export async function startUpstream(
  answer: (req: IncomingMessage, res: ServerResponse, body: string) => void,
): Promise<DeploymentDetails> {
  const server = createServer(async (req, res) => {
    const pieces: Buffer[] = [];
    for await (const piece of req) pieces.push(piece as Buffer); // No encoding is set, so pieces are Buffers.
    answer(req, res, Buffer.concat(pieces).toString());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is never a pipe's name.
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  return { model: 'openai/by-hand', baseUrl, apiKey: UPSTREAM_KEY, price: { input: 1, output: 2 } };
}

/** A logger that keeps all it is told. */
export function keepingLogger(): Logger & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: keyof Logger) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export interface LogLine {
  readonly level: keyof Logger;
  readonly fields: object;
  readonly message: string;
}
