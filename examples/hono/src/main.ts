import { buildApp } from './app.js';

const example = await buildApp();
const address = await example.listen(Number(process.env.PORT || 3000), process.env.HOST || '127.0.0.1');
console.log(`Open ${address}. Ctrl+C stops.`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void example.close());
