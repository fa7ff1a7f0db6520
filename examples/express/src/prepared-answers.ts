import type { Question } from '@portico/testing';

/** The questions that the page suggests, and the fake provider's prepared answers. */
export const preparedAnswers: ReadonlyMap<string, string> = new Map([
  [
    'Explain back-pressure to a plumber',
    `You know this one from work: **a tap faster than its drain floods the sink.**

A model is the tap, a phone on a slow train is the drain, and the server in between is the sink. There are three ways to build it:

1. Let the sink overflow. The server buffers everything until its memory is full.
2. Make the sink bigger. The same flood, an hour later.
3. Close the tap a little whenever the water rises. That is *back-pressure*.

The gateway does the third: while your browser does not read, it stops reading from the model.`,
  ],
  [
    'Write a haiku about middleware',
    `*A request walks in.*
*Each door asks its small question.*
*\`next()\`, says the last one.*`,
  ],
  [
    'Show me a debounce in JavaScript',
    `A debounce waits until the calls have stopped, and then makes the last one:

\`\`\`js
function debounce(run, waitMs) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(run, waitMs, ...given);
  };
}
\`\`\`

Hand it a search box and it asks the server once, after the typing, instead of once a letter.`,
  ],
  [
    'What is a portico?',
    `A **portico** is the entrance built onto a house: a roof on columns in front of the door. It is no second building beside the house.

So it is here. The gateway is built onto your Express app and uses what the app already has:

- its users and sessions, to know who is asking
- its plans, to know how much each may spend
- its database and logs, to write down what was used`,
  ],
]);

/** The request of the server for the title of a conversation. */
export const TITLE_REQUEST = 'Give a title of at most five words, without quotes, to a conversation that begins with:';

/** The prepared answer to a question of the page, or a title; `undefined` leaves the answer to the fake provider. */
export function preparedReply({ text }: Question): string | undefined {
  if (!text.startsWith(TITLE_REQUEST)) return preparedAnswers.get(text);
  return text.slice(TITLE_REQUEST.length).trim().split(/\s+/).slice(0, 5).join(' ');
}
