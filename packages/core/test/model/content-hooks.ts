import type { JsonObject } from '../../src/encoding/json.js';
import { GatewayError } from '../../src/errors.js';
import type { AnswerMiddleware, ChunkTransform, RequestTransform } from '../../src/hooks/content.js';
import type { PlannedHooks } from './plan.js';
import type { Turns } from './turns.js';

const SLOW_MS = 30;

/** What ends an answer on each wire. */
const LAST: Readonly<Record<string, readonly JsonObject[]>> = {
  messages: [{ type: 'message_stop' }],
  responses: [{ type: 'response.incomplete', response: { output: [] } }],
};

/** Hooks that do what a plan says, for a configuration. */
export function contentHooks({ request, answer, chunks }: PlannedHooks, turns: Turns): object {
  const slowly = <T>(value: T) => new Promise<T>((resolve) => turns.after(SLOW_MS, 0, () => resolve(value)));
  const refused = () => new GatewayError('forbidden', 'refused by a hook');

  const transform: RequestTransform = {
    name: 'request',
    transform({ request: { body } }) {
      if (request === 'refuses') throw refused();
      if (request === 'slow') return slowly({ ...body, user: 'slow' });
      return request === 'changes' ? { ...body, user: 'changed' } : undefined;
    },
  };
  const middleware: AnswerMiddleware = {
    name: 'answer',
    async answer({ request: asked }, next) {
      if (answer === 'answers') {
        const own: JsonObject = { id: 'own', object: 'own', output: [], choices: [], data: [] };
        return asked.stream
          ? { kind: 'chunks', chunks: [own, ...(LAST[asked.operation] ?? [])] }
          : { kind: 'whole', value: own };
      }
      if (answer === 'slow') await slowly(undefined);
      const given = await next();
      if (answer === 'slow') return await slowly(given);
      if (answer === 'twice') return await next();
      if (answer === 'refuses') throw refused();
      if (answer === 'throws') throw new TypeError('a hook is wrong');
      return answer === 'changes' && given.kind === 'whole' ? { kind: 'whole', value: { ...given.value } } : given;
    },
  };
  const transforms: ChunkTransform = {
    name: 'chunks',
    open({ request: asked }) {
      const held: JsonObject[] = [];
      let seen = 0;
      return {
        chunk(chunk) {
          seen += 1;
          if (chunks === 'slow') return slowly([chunk]);
          if (chunks === 'refuses' && seen === 2) throw refused();
          if (chunks === 'throws' && seen === 2) throw new TypeError('a hook is wrong');
          if (chunks === 'ends' && seen === 2) return { chunks: LAST[asked.operation] ?? [], end: true };
          if (chunks !== 'holds') return [chunk];
          held.push(chunk);
          return held.length < 3 ? [] : held.splice(0);
        },
        end: () => held.splice(0),
      };
    },
  };
  return {
    ...(request !== 'none' && { requestTransforms: [transform] }),
    ...(answer !== 'none' && { answerMiddleware: [middleware] }),
    ...(chunks !== 'none' && { chunkTransforms: [transforms] }),
  };
}
