import { definePlugin, GatewayError } from '@portico/core';

/**
 * Keeps words out of questions and answers, and counts how often. Add it with `plugins: [forbidWords(['secret'])]`.
 */
export function forbidWords(words: readonly string[], onFound: (where: 'question' | 'answer') => void = () => {}) {
  const isIn = (value: unknown) => {
    const text = JSON.stringify(value).toLowerCase();
    return words.some((word) => text.includes(word.toLowerCase()));
  };
  return definePlugin({
    name: 'forbid-words',
    requestTransforms: [
      {
        name: 'questions',
        transform({ request }) {
          if (!isIn(request.body)) return undefined;
          onFound('question');
          throw new GatewayError('content_filtered', 'This question contains a word that is not allowed here.');
        },
      },
    ],
    answerMiddleware: [
      {
        name: 'answers',
        async answer(_context, next) {
          const answer = await next();
          if (answer.kind !== 'whole' || !isIn(answer.value)) return answer;
          onFound('answer');
          throw new GatewayError('content_filtered', 'The answer contained a word that is not allowed here.');
        },
      },
    ],
  });
}
