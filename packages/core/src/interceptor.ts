import type { Send } from './transport.js';

/** Wraps the upstream `send`, outermost first. If it throws, the attempt failed. */
export type Interceptor = (next: Send) => Send;
