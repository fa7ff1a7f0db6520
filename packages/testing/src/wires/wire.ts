import type { Answer } from '../answers/compose-answer.js';
import type { Question } from '../answers/question.js';
import type { Dialect } from './dialect.js';
import type { FailureName } from './failures.js';
import type { StreamScript } from './script.js';
import type { SseEvent } from './sse.js';

/** The format of answers, streams and errors of one API. */
export interface Wire {
  readonly dialect: Dialect;
  /** Whether its answers can contain tool calls. */
  readonly callsTools: boolean;
  /** The answer as one JSON body. */
  json(answer: Answer): unknown;
  /** The answer as a stream. */
  script(answer: Answer, question: Question): StreamScript;
  /** The whole stream with usage where it should not be, or not at all. */
  oddUsage(answer: Answer, question: Question, oddity: UsageOddity): readonly SseEvent[];
  /** An error during a stream. */
  errorEvent(failure: FailureName): SseEvent;
  /** One more piece of content, for a place where none is allowed. */
  strayEvent(answer: Answer): SseEvent;
  /** An event with truncated JSON, formatted. */
  readonly malformedEvent: string;
}

/** Ways in which vendors report usage incorrectly. */
export type UsageOddity = 'missing' | 'cumulative' | 'twice' | 'in-choices';
