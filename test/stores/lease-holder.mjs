// An instance that reserves and never settles: `node lease-holder.mjs URL LEASE_MS`. Tells its parent when it holds.
import { redisCounters } from '@portico/store-redis';
import { createClient } from '@redis/client';

const [, , url, leaseMs] = process.argv;
const client = await createClient({ url }).connect();
await redisCounters(client).reserve([{ key: 'money', amount: 100, limit: 100, resetsAt: undefined }], Number(leaseMs));
process.send('held');
