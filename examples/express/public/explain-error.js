/**
 * What went wrong, as a sentence for the person in front of the screen, and what that person can do about it:
 * `sign-in`, `retry` or nothing. Errors are those of the official client.
 */
export function explainError(error) {
  if (error?.status === 401) return { text: 'Your session has ended. Sign in again to go on.', remedy: 'sign-in' };
  if (error?.status === 429 && error.code === 'insufficient_quota') {
    return { text: 'Your budget for today is used up. It starts anew at midnight UTC.' };
  }
  if (error?.status === 429) return { text: `That was too fast for your plan. ${whenAgain(error.headers)}`, remedy: 'retry' };
  if (error?.name === 'APIConnectionError' || error instanceof TypeError) {
    return { text: 'The connection was lost. Is the server still running?', remedy: 'retry' };
  }
  // The client puts the status in front of the gateway's own sentence.
  const text = String(error?.error?.message ?? error?.message ?? error);
  return { text, remedy: 'retry' };
}

function whenAgain(headers) {
  const seconds = Number(headers?.get('retry-after'));
  return seconds > 0 ? `Try again in ${seconds} second${seconds === 1 ? '' : 's'}.` : 'Try again in a moment.';
}
