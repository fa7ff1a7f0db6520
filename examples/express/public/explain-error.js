/**
 * What went wrong, as a sentence for the person in front of the screen, and what that person can do: `sign-in`, ask
 * `again`, or nothing. Errors are those of the official client.
 */
export function explainError(error) {
  const { status, code, headers } = error;
  if (status === 401) return { text: 'Your session has ended. Sign in again to go on.', remedy: 'sign-in' };
  if (code === 'insufficient_quota') {
    return { text: 'Your budget for today does not cover this. It is full again at midnight UTC.' };
  }
  if (status === 429)
    return { text: `That was too much for your plan at once. ${whenAgain(headers)}`, remedy: 'again' };
  if (status === undefined && /connection|fetch|network|terminated/i.test(`${error.name} ${error.message}`)) {
    return { text: 'The connection was lost. Is the server still running?', remedy: 'again' };
  }
  // In `error.error` the client keeps the gateway's own sentence, without the status in front.
  return { text: error.error?.message ?? error.message, remedy: 'again' };
}

function whenAgain(headers) {
  const seconds = Number(headers?.get('retry-after'));
  if (!(seconds > 0)) return 'Try again in a moment.';
  return `Try again in ${seconds} second${seconds === 1 ? '' : 's'}.`;
}
