import type { Send } from '../transport.js';

/**
 * Wraps the upstream `send`, outermost first. If it throws, or has not answered by the attempt's deadline, the
 * attempt fails.
 */
export type Interceptor = (next: Send) => Send;
