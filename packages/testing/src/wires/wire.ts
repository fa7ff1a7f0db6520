import type { Answer } from '../answers/compose-answer.js';
import type { Question } from '../answers/question.js';
import type { Dialect } from './dialect.js';
import type { FailureName } from './failures.js';
import type { StreamScript } from './script.js';
import type { SseEvent } from './sse.js';

/** How one API spells answers, streams and errors. */
export interface Wire {
  readonly dialect: Dialect;
  /** Whether its answers can call tools. */
  readonly callsTools: boolean;
  /** The answer as one JSON body. */
  json(answer: Answer): unknown;
  /** The answer as a stream. */
  script(answer: Answer, question: Question): StreamScript;
  /** The whole stream with usage where it should not be, or not at all. */
  oddUsage(answer: Answer, question: Question, oddity: UsageOddity): readonly SseEvent[];
  /** An error in the middle of a stream. */
  errorEvent(failure: FailureName): SseEvent;
  /** One more piece of content, for a place where none belongs. */
  strayEvent(answer: Answer): SseEvent;
  /** An event whose JSON breaks off, spelled out. */
  readonly malformedEvent: string;
}

/** Ways in which vendors report usage against the book. */
export type UsageOddity = 'missing' | 'cumulative' | 'twice' | 'in-choices';
