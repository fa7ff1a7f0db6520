import { expect, it } from 'vitest';
import { incomingOf, textBody } from './in-process.js';

it('everybody who asks hears that the caller has gone, also who asks afterwards', () => {
  const controller = new AbortController();
  const { request } = incomingOf({
    method: 'POST',
    path: '/v1/chat/completions',
    header: () => undefined,
    body: textBody('{}'),
    signal: controller.signal,
    host: {},
  });
  const heard: string[] = [];
  request.onClientGone(() => heard.push('one'));
  request.onClientGone(() => heard.push('two'));
  controller.abort();
  request.onClientGone(() => heard.push('late'));
  expect(heard).toEqual(['one', 'two', 'late']);
});
