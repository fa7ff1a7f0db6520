import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ScriptedCall } from '@portico/testing';

const PACKAGES = join(import.meta.dirname, '../hosts/agents/node_modules');
const NOTES_SERVER = join(import.meta.dirname, 'notes-server.mjs');

/** A coding agent: the package that brings it, its program therein, and how it is told of a gateway. */
interface Agent {
  readonly package: string;
  readonly program: string;
  /** The operation that it asks the gateway for. */
  readonly operation: string;
  /** Its own tools, as a model would call them. */
  read(path: string): ScriptedCall;
  write(path: string, content: string): ScriptedCall;
  setUp(place: Place): SetUp;
}

interface Place {
  /** Of the gateway, as far as its mount. */
  readonly origin: string;
  /** A model group. */
  readonly model: string;
  readonly prompt: string;
}

interface SetUp {
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Its configuration: files by their path in its home. */
  readonly files?: Readonly<Record<string, string>>;
}

const claudeCode: Agent = {
  package: '@anthropic-ai/claude-code-linux-x64',
  program: 'claude',
  operation: 'messages',
  read: (path) => ({ name: 'Read', arguments: { file_path: path } }),
  write: (path, content) => ({ name: 'Write', arguments: { file_path: path, content } }),
  setUp: ({ origin, model, prompt }) => ({
    args: ['-p', prompt, '--model', model, '--allowedTools', 'Read,Write'],
    environment: {
      ANTHROPIC_BASE_URL: origin,
      ANTHROPIC_AUTH_TOKEN: 'unused',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '0',
    },
  }),
};

const codex: Agent = {
  package: '@openai/codex-linux-x64',
  program: 'vendor/x86_64-unknown-linux-musl/bin/codex',
  operation: 'responses',
  read: (path) => ({ name: 'exec_command', arguments: { cmd: `cat '${path}'` } }),
  write: (path, content) => ({ name: 'exec_command', arguments: { cmd: `printf %s '${content}' > '${path}'` } }),
  setUp: ({ origin, model, prompt }) => ({
    // Its own sandbox wants a kernel that lets it; what its tools may do here is decided by the script of the model.
    args: ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', prompt],
    environment: { PORTICO_KEY: 'unused' },
    files: {
      '.codex/config.toml': `model = "${model}"
model_provider = "portico"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.portico]
name = "Portico"
base_url = "${origin}/v1"
env_key = "PORTICO_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0

[mcp_servers.notes]
command = "${process.execPath}"
args = ["${NOTES_SERVER}"]
`,
    },
  }),
};

/** opencode asks through a package of the AI SDK, which decides the wire. */
function opencode(npm: string, operation: string): Agent {
  return {
    package: 'opencode-linux-x64-baseline',
    program: 'bin/opencode',
    operation,
    read: (path) => ({ name: 'read', arguments: { filePath: path } }),
    write: (path, content) => ({ name: 'write', arguments: { filePath: path, content } }),
    setUp: ({ origin, model, prompt }) => ({
      args: ['run', prompt],
      environment: { OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' },
      files: {
        '.config/opencode/opencode.json': JSON.stringify({
          autoupdate: false,
          share: 'disabled',
          model: `portico/${model}`,
          small_model: `portico/${model}`,
          provider: {
            portico: {
              npm,
              name: 'Portico',
              options: { baseURL: `${origin}/v1`, apiKey: 'unused' },
              models: { [model]: { name: 'Chat' } },
            },
          },
        }),
      },
    }),
  };
}

export const AGENTS = {
  'Claude Code': claudeCode,
  'OpenAI Codex': codex,
  'opencode with @ai-sdk/openai-compatible': opencode('@ai-sdk/openai-compatible', 'chat.completions'),
  'opencode with @ai-sdk/openai': opencode('@ai-sdk/openai', 'responses'),
  'opencode with @ai-sdk/anthropic': opencode('@ai-sdk/anthropic', 'messages'),
} as const satisfies Record<string, Agent>;

export type AgentName = keyof typeof AGENTS;

/** Where the agent's program is; undefined on machines for which its package has none. */
export function programOf(name: AgentName): string | undefined {
  const path = join(PACKAGES, AGENTS[name].package, AGENTS[name].program);
  return existsSync(path) ? path : undefined;
}

export interface RunningAgent {
  /** The folder it works in. */
  readonly folder: string;
  /** Resolves once it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly output: string }>;
  /** Ends it as somebody does who has seen enough, and clears up behind it. */
  stop(): Promise<void>;
}

/** Runs an agent, by itself, in a home and a folder of its own: it knows the gateway and nobody else. */
export function runAgent(name: AgentName, place: Place): RunningAgent {
  const program = programOf(name);
  if (program === undefined) throw new Error(`There is no ${name} here.`);
  const home = mkdtempSync(join(tmpdir(), 'portico-agent-'));
  const folder = join(home, 'work');
  mkdirSync(folder);
  const { args, environment = {}, files = {} } = AGENTS[name].setUp(place);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  }
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, NO_COLOR: '1', ...NOWHERE_ELSE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = endOf(child);
  return {
    folder,
    ended,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

// Nobody listens there: what is not on this machine cannot be asked, however much an agent would like to.
const NOWHERE = 'http://127.0.0.1:9';
const NOWHERE_ELSE = { HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, ALL_PROXY: NOWHERE, NO_PROXY: '127.0.0.1' };

function endOf(child: ChildProcess): RunningAgent['ended'] {
  let stdout = '';
  let output = '';
  child.stdout?.on('data', (piece) => (stdout += String(piece)));
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece) => (output += String(piece)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, output }));
  });
}
