import type { Principal } from '@portico/express';

/** Somebody who can sign in to the example. A real app has these in its database, with a password. */
export interface DemoUser {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  readonly models: readonly string[];
  readonly budgetUsd: number;
  readonly requestsPerMinute: number;
}

export const demoUsers: readonly DemoUser[] = [
  { id: 'ada', name: 'Ada', plan: 'Pro', models: ['fast', 'smart'], budgetUsd: 2, requestsPerMinute: 60 },
  { id: 'grace', name: 'Grace', plan: 'Free', models: ['fast'], budgetUsd: 0.05, requestsPerMinute: 10 },
];

/** The user of that id, if there is one. */
export function findUser(id: string | undefined): DemoUser | undefined {
  return demoUsers.find((user) => user.id === id);
}

/** What the gateway needs to know of a user: who pays, which models, how fast and how much. */
export function principalOf(user: DemoUser): Principal {
  return {
    id: user.id,
    team: user.plan,
    models: user.models,
    limits: { requestsPerMinute: user.requestsPerMinute, concurrentCalls: 3 },
    budget: { usd: user.budgetUsd, per: 'day' },
  };
}
