import { hashOf } from '../seeded-random.js';
import { plausibleValue } from './plausible-value.js';
import { type OfferedTool, type Question, tokensOf } from './question.js';

/** The answer of the fake model, in no particular API format. */
export interface Answer {
  /** Counts the answers of this provider; ids and times are made from it, so they are the same on every run. */
  readonly number: number;
  readonly model: string;
  /** The visible text, token by token. Empty when tools are called. */
  readonly tokens: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  /** Whether parallel tool calls stream a fragment of each in turn, in APIs that allow it. */
  readonly interleaved?: boolean;
  readonly finish: 'stop' | 'length' | 'tool_calls';
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** One call of a tool. `json` is its arguments as the model would write them. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly json: string;
}

/** A test's own answer: text, or calls of tools, offered or not. */
export type ScriptedReply = string | { readonly calls: readonly ScriptedCall[] };

/** A call of a tool by its name, with the arguments as a value. */
export interface ScriptedCall {
  readonly name: string;
  readonly arguments: unknown;
}

/**
 * Answers a question: with the scripted answer, else with a call of a tool that it asks for, else with a friendly
 * text.
 */
export function composeAnswer(question: Question, number: number, scripted: ScriptedReply | undefined): Answer {
  const calls =
    typeof scripted === 'object'
      ? scripted.calls
      : scripted === undefined
        ? toolsToCall(question).map((tool) => callOf(tool, question))
        : [];
  if (calls.length > 0) return answerWithCalls(question, number, calls);

  const tokens = tokensOf(typeof scripted === 'string' ? scripted : ownWords(question));
  const kept = question.maxTokens === undefined ? tokens : tokens.slice(0, question.maxTokens);
  return {
    number,
    model: question.model,
    tokens: kept,
    toolCalls: [],
    finish: kept.length < tokens.length ? 'length' : 'stop',
    promptTokens: question.promptTokens,
    completionTokens: kept.length,
  };
}

/** An answer that consists of these calls, given as name and arguments. */
export function answerWithCalls(question: Question, number: number, calls: readonly ScriptedCall[]): Answer {
  const toolCalls = calls.map((call, at) => ({
    id: `call_fake_${number}_${at}`,
    name: call.name,
    json: JSON.stringify(call.arguments),
  }));
  return {
    number,
    model: question.model,
    tokens: [],
    toolCalls,
    finish: 'tool_calls',
    promptTokens: question.promptTokens,
    completionTokens: toolCalls.reduce((sum, call) => sum + 4 + Math.ceil(call.json.length / 4), 0),
  };
}

function callOf(tool: OfferedTool, question: Question): ScriptedCall {
  return { name: tool.name, arguments: plausibleValue(tool.schema, question.text) };
}

function toolsToCall(question: Question): readonly OfferedTool[] {
  const { tools, toolChoice } = question;
  if (toolChoice === 'none') return [];
  if (typeof toolChoice === 'object') return tools.filter((tool) => tool.name === toolChoice.name);
  const wanted = tools.filter((tool) => isAskedFor(tool.name, question.text));
  if (toolChoice === 'required') return atMost(wanted.length > 0 ? wanted : tools.slice(0, 1), question);
  // The tools have just answered: calling them again would never end.
  if (question.toolResults.length > 0) return [];
  return atMost(wanted, question);
}

function atMost(tools: readonly OfferedTool[], question: Question): readonly OfferedTool[] {
  return question.parallelToolCalls ? tools : tools.slice(0, 1);
}

// "What is the weather in Paris?" asks for get_weather, "look up order 7" for lookupOrder.
function isAskedFor(name: string, text: string): boolean {
  const asked = text.toLowerCase();
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length >= 4 && !VERBS.has(word));
  return asked.includes(name.toLowerCase()) || words.some((word) => asked.includes(word));
}

const VERBS: ReadonlySet<string> = new Set([
  'find',
  'list',
  'make',
  'create',
  'update',
  'search',
  'fetch',
  'with',
  'tool',
]);

function ownWords(question: Question): string {
  if (question.jsonSchema !== undefined) return JSON.stringify(jsonAnswer(question));
  if (question.toolResults.length > 0) return afterTools(question);
  const asked = shortened(question.text);
  const opening = OPENINGS[hashOf(question.text) % OPENINGS.length] ?? '';
  const echo = asked === '' ? 'You said nothing yet, so I start.' : `You wrote: “${asked}”.`;
  const memory =
    question.turn > 1 ? ` That is your message number ${question.turn}, and I have all of them before me.` : '';
  return (
    `${opening} ${echo}${memory} I am ${question.model}, played by a fake provider, so I know nothing of the world ` +
    'and cost nothing to ask. Only the gateway is real here: your message went through it to me, and my answer comes ' +
    'back the same way, token by token. Give the gateway a provider’s key, and a real model answers here instead. ✨'
  );
}

const OPENINGS = ['Hello!', 'Good to hear from you!', 'Glad you asked!'] as const;

function afterTools(question: Question): string {
  const said = question.toolResults.map((result) => `“${shortened(result)}”`).join(' and ');
  return (
    `Thank you, the tool came back with ${said}. A real model would now turn that into an answer; I am ` +
    `${question.model}, played by a fake provider, so I only confirm that the result arrived safely.`
  );
}

function jsonAnswer(question: Question): unknown {
  const value = plausibleValue(question.jsonSchema, question.text);
  const isAnyObject = JSON.stringify(value) === '{}';
  return isAnyObject ? { answer: `A fake answer by ${question.model}.`, question: shortened(question.text) } : value;
}

function shortened(text: string): string {
  const characters = Array.from(text.trim().replaceAll(/\s+/g, ' '));
  return characters.length <= 200 ? characters.join('') : `${characters.slice(0, 199).join('')}…`;
}
