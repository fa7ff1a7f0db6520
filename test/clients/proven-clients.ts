import manifestOfAgents from '../hosts/agents/package.json' with { type: 'json' };
import manifest from '../package.json' with { type: 'json' };

/** A client or an agent that is run against the gateway, and the test that runs it. */
interface ProvenClient {
  readonly name: string;
  readonly package: string;
  readonly asks: readonly string[];
  readonly proves: string;
  /** The files beside this one. */
  readonly tests: readonly string[];
}

export const PROVEN: readonly ProvenClient[] = [
  {
    name: "OpenAI's client",
    package: 'openai',
    asks: ['chat', 'responses', 'embeddings', 'images', 'speech', 'transcriptions', 'moderations', 'models'],
    proves: 'whole and streamed, its own tool runner, answers parsed into schemas; in every host',
    tests: ['official.test.ts', 'real-clients.test.ts'],
  },
  {
    name: "Anthropic's client",
    package: '@anthropic-ai/sdk',
    asks: ['messages', 'models'],
    proves:
      'whole and streamed, tools, thinking, betas; in every host, and of models of Gemini and DeepSeek as recorded',
    tests: ['official.test.ts', '../scenarios/messages.test.ts'],
  },
  ...['@ai-sdk/openai', '@ai-sdk/openai-compatible', '@ai-sdk/anthropic'].map((name) => ({
    name: 'AI SDK',
    package: name,
    asks: name === '@ai-sdk/openai' ? ['chat', 'responses'] : [name === '@ai-sdk/anthropic' ? 'messages' : 'chat'],
    proves: 'a tool loop, whole and streamed, and objects of a schema',
    tests: ['toolkits.test.ts', ...(name === '@ai-sdk/openai-compatible' ? ['real-clients.test.ts'] : [])],
  })),
  ...['@langchain/openai', '@langchain/anthropic'].map((name) => ({
    name: 'LangChain',
    package: name,
    asks: name === '@langchain/anthropic' ? ['messages'] : ['chat', 'responses', 'embeddings'],
    proves: 'bound tools and their results, whole and streamed',
    tests: ['toolkits.test.ts', ...(name === '@langchain/openai' ? ['real-clients.test.ts'] : [])],
  })),
  {
    name: 'LlamaIndex',
    package: '@llamaindex/openai',
    asks: ['chat', 'responses', 'embeddings'],
    proves: 'a tool and its result, and a stream',
    tests: ['toolkits.test.ts'],
  },
  {
    name: 'Instructor',
    package: '@instructor-ai/instructor',
    asks: ['chat'],
    proves: 'answers in the shape of a schema, by tools, JSON and Markdown',
    tests: ['toolkits.test.ts'],
  },
  {
    name: 'OpenAI Agents SDK',
    package: '@openai/agents',
    asks: ['responses', 'chat'],
    proves: 'an agent and its tool, whole and streamed',
    tests: ['toolkits.test.ts'],
  },
  {
    name: "Google's client",
    package: '@google/genai',
    asks: ["Gemini's own paths, let through"],
    proves: 'a tool and its result, and a stream, with a virtual key of the gateway',
    tests: ['genai.test.ts'],
  },
  {
    name: 'Claude Code',
    package: '@anthropic-ai/claude-code-linux-x64',
    asks: ['messages'],
    proves: 'reads a file and writes one, gets the failures, can be stopped',
    tests: ['agents.test.ts'],
  },
  {
    name: 'OpenAI Codex',
    package: '@openai/codex-linux-x64',
    asks: ['responses'],
    proves: 'the same, the tools of a tool server (MCP), its search for tools and its patches',
    tests: ['agents.test.ts'],
  },
  {
    name: 'opencode',
    package: 'opencode-linux-x64-baseline',
    asks: ['chat', 'responses', 'messages'],
    proves: 'reads a file and writes one, gets the failures, can be stopped',
    tests: ['agents.test.ts'],
  },
];

/** The version that is run, as its manifest pins it; undefined for what is not installed here. */
export function versionOf(client: ProvenClient): string | undefined {
  const pinned: Readonly<Record<string, string>> = {
    ...manifest.devDependencies,
    ...manifestOfAgents.optionalDependencies,
  };
  // An alias names the package it stands for, and some packages their platform in the version.
  return pinned[client.package]?.replace(/^npm:.*@/, '').replace(/-linux-x64$/, '');
}

/** The table of the README. */
export function clientTable(): string {
  const rows = PROVEN.map((client) => {
    const tests = client.tests.map((file) => `[${file.replace(/.*\/|\.test\.ts$/g, '')}](${file})`).join(', ');
    return `| ${client.name} | \`${client.package}\` ${versionOf(client)} | ${client.asks.join(', ')} | ${client.proves} | ${tests} |`;
  });
  return ['| Client | Package | Asks for | Proven | Tests |', '|---|---|---|---|---|', ...rows].join('\n');
}
