import { defineEndpoint } from '@portico/core';

/**
 * `GET /llm/v1/whoami`: who the caller is, with the gateway's authentication, access rights, limits, ledger and errors.
 * Add it with `endpoints: [whoami]`.
 */
export const whoami = defineEndpoint({
  name: 'whoami',
  method: 'GET',
  path: '/whoami',
  answer: ({ request: { principal, via } }) => ({ id: principal.id, team: principal.team ?? null, via }),
});
