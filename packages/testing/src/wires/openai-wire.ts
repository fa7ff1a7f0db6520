import type { Answer, ToolCall } from '../answers/compose-answer.js';
import type { Question } from '../answers/question.js';
import { failureReply } from './failures.js';
import { eventsOf, fragmentsOf, type StreamScript } from './script.js';
import type { SseEvent } from './sse.js';
import type { UsageOddity, Wire } from './wire.js';

/** Chat completions in the format of OpenAI or Azure. */
export function chatCompletionsWire(dialect: 'openai' | 'azure'): Wire {
  const annotations = dialect === 'azure' ? { content_filter_results: SAFE } : {};

  function chunk(answer: Answer, question: Question, delta: unknown, finish: string | null = null): SseEvent {
    const choice = { index: 0, delta, logprobs: null, finish_reason: finish, ...annotations };
    return { data: { ...chunkHead(answer), choices: [choice], ...(question.includeUsage ? { usage: null } : {}) } };
  }

  function script(answer: Answer, question: Question): StreamScript {
    const tokens = answer.tokens.map((token) => chunk(answer, question, { content: token }));
    const deltas = answer.toolCalls.map(callDeltas);
    const calls = (answer.interleaved ? interleave(deltas) : deltas.flat()).map((delta) =>
      chunk(answer, question, delta),
    );
    const role = { role: 'assistant', content: answer.toolCalls.length > 0 ? null : '', refusal: null };
    return {
      opening: [...(dialect === 'azure' ? [promptFilterEvent] : []), chunk(answer, question, role)],
      content: [...tokens, ...calls],
      finish: [chunk(answer, question, {}, answer.finish)],
      usage: question.includeUsage ? [usageChunk(answer)] : [],
      terminal: [DONE],
    };
  }

  return {
    dialect,
    callsTools: true,
    script,
    json: (answer) => ({
      id: `chatcmpl-fake-${answer.number}`,
      object: 'chat.completion',
      created: createdAt(answer),
      model: answer.model,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: answer.toolCalls.length > 0 ? null : answer.tokens.join(''),
            refusal: null,
            annotations: [],
            ...(answer.toolCalls.length > 0 ? { tool_calls: answer.toolCalls.map(wholeCall) } : {}),
          },
          logprobs: null,
          finish_reason: answer.finish,
          ...annotations,
        },
      ],
      usage: usageOf(answer),
      service_tier: 'default',
      system_fingerprint: 'fp_fake',
      ...(dialect === 'azure' ? { prompt_filter_results: [{ prompt_index: 0, content_filter_results: SAFE }] } : {}),
    }),
    oddUsage: (answer, question, oddity) => oddlyCounted(script(answer, question), usageChunk(answer), answer, oddity),
    errorEvent: (failure) => ({ data: failureReply(failure, dialect).body }),
    strayEvent: (answer) => ({
      data: {
        ...chunkHead(answer),
        choices: [{ index: 0, delta: { content: ' after the end' }, finish_reason: null }],
      },
    }),
    malformedEvent: 'data: {"id":"chatcmpl-fake","object":"chat.completion.chunk","choices":[{"index":0,"del\n\n',
  };
}

/** Legacy completions in OpenAI's format. */
export const completionsWire: Wire = {
  dialect: 'openai',
  callsTools: false,
  script: (answer, question) => ({
    opening: [],
    content: answer.tokens.map((token) => completionChunk(answer, token)),
    finish: [completionChunk(answer, '', answer.finish)],
    usage: question.includeUsage ? [completionUsage(answer)] : [],
    terminal: [DONE],
  }),
  json: (answer) => ({
    ...completionHead(answer),
    choices: [{ index: 0, text: answer.tokens.join(''), logprobs: null, finish_reason: answer.finish }],
    usage: usageOf(answer),
  }),
  oddUsage: (answer, question, oddity) =>
    oddlyCounted(completionsWire.script(answer, question), completionUsage(answer), answer, oddity),
  errorEvent: (failure) => ({ data: failureReply(failure, 'openai').body }),
  strayEvent: (answer) => completionChunk(answer, ' after the end'),
  malformedEvent: 'data: {"id":"cmpl-fake","object":"text_completion","choices":[{"te\n\n',
};

const DONE: SseEvent = { data: '[DONE]' };

const SAFE = {
  hate: { filtered: false, severity: 'safe' },
  self_harm: { filtered: false, severity: 'safe' },
  sexual: { filtered: false, severity: 'safe' },
  violence: { filtered: false, severity: 'safe' },
};

// Azure reports on the prompt in a first chunk without choices and id.
const promptFilterEvent: SseEvent = {
  data: {
    choices: [],
    created: 0,
    id: '',
    model: '',
    object: '',
    prompt_filter_results: [{ prompt_index: 0, content_filter_results: SAFE }],
  },
};

// A fixed time, so that answers are the same on every run.
function createdAt(answer: Answer): number {
  return Date.UTC(2026, 0, 1) / 1000 + answer.number;
}

function chunkHead(answer: Answer): Record<string, unknown> {
  return {
    id: `chatcmpl-fake-${answer.number}`,
    object: 'chat.completion.chunk',
    created: createdAt(answer),
    model: answer.model,
    service_tier: 'default',
    system_fingerprint: 'fp_fake',
  };
}

function completionHead(answer: Answer): Record<string, unknown> {
  return {
    id: `cmpl-fake-${answer.number}`,
    object: 'text_completion',
    created: createdAt(answer),
    model: answer.model,
  };
}

function completionChunk(answer: Answer, text: string, finish: string | null = null): SseEvent {
  return { data: { ...completionHead(answer), choices: [{ index: 0, text, logprobs: null, finish_reason: finish }] } };
}

function usageChunk(answer: Answer): SseEvent {
  return { data: { ...chunkHead(answer), choices: [], usage: usageOf(answer) } };
}

function completionUsage(answer: Answer): SseEvent {
  return { data: { ...completionHead(answer), choices: [], usage: usageOf(answer) } };
}

function oddlyCounted(parts: StreamScript, usage: SseEvent, answer: Answer, oddity: UsageOddity): readonly SseEvent[] {
  switch (oddity) {
    case 'missing':
      return eventsOf({ ...parts, usage: [] });
    case 'twice':
      return eventsOf({ ...parts, usage: [usage, usage] });
    case 'in-choices':
      return eventsOf({ ...parts, finish: parts.finish.map((event) => usageInChoices(event, answer)), usage: [] });
    case 'cumulative': {
      // The last chunk of the answer contains the total; there is no separate chunk for usage.
      const counted = parts.content.map((event, at) =>
        withUsage(event, answer, Math.min(at + 1, answer.completionTokens)),
      );
      const finish = parts.finish.map((event) => withUsage(event, answer, answer.completionTokens));
      return [...parts.opening, ...counted, ...finish, ...parts.terminal];
    }
  }
}

function usageOf(answer: Answer, completionTokens = answer.completionTokens): Record<string, unknown> {
  return {
    prompt_tokens: answer.promptTokens,
    completion_tokens: completionTokens,
    total_tokens: answer.promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function withUsage(event: SseEvent, answer: Answer, completionTokens: number): SseEvent {
  return { data: { ...(event.data as object), usage: usageOf(answer, completionTokens) } };
}

function usageInChoices(event: SseEvent, answer: Answer): SseEvent {
  const chunk = event.data as { readonly choices: readonly object[] }; // Every chunk made here has choices.
  return { data: { ...chunk, choices: chunk.choices.map((choice) => ({ ...choice, usage: usageOf(answer) })) } };
}

function wholeCall(call: ToolCall): unknown {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.json } };
}

// Id and name are sent once; a client that joined them from every fragment would repeat them.
function callDeltas(call: ToolCall, index: number): unknown[] {
  const first = { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } };
  const rest = fragmentsOf(call.json).map((piece) => ({ index, function: { arguments: piece } }));
  return [first, ...rest].map((toolCall) => ({ tool_calls: [toolCall] }));
}

// Parallel calls may arrive in any order; fragments of each in turn are the hardest case.
function interleave<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const woven: Item[] = [];
  for (let at = 0; at < longest; at++) {
    for (const list of lists) woven.push(...list.slice(at, at + 1));
  }
  return woven;
}
