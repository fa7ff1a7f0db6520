import { focusQuestion, offerModels, pickedModel, showWriting, wireComposer } from './composer.js';
import { element } from './element.js';
import { explainError } from './explain-error.js';
import { dollars, modelsInWords } from './in-words.js';
import { openai } from './llm-client.js';
import { watchSpending } from './spending.js';
import { addAnswer, addProblem, addQuestion, announce, clearTranscript } from './transcript.js';

const screen = document.getElementById('chat');
const welcome = document.getElementById('welcome');
const title = document.getElementById('title');

/** What was asked and answered, as the model gets it, and what aborts the answer being written. */
let conversation = { turns: [], stop: undefined };
/** Answers whose line in the ledger is still to come, by request id. */
let unbilled = new Map();
let stopWatching;
let leave;

wireComposer({ onAsk: ask, onStop: () => conversation.stop?.abort() });
document.getElementById('new-chat').addEventListener('click', startOver);
document.getElementById('sign-out').addEventListener('click', async () => {
  await fetch('/api/session', { method: 'DELETE' }).catch(() => undefined);
  leave();
});

/** Shows the chat of the signed-in user; `onLeave` is called when the session is over. */
export async function openChat({ user, suggestions }, onLeave) {
  const { models, budget, limits } = user.principal;
  document.getElementById('greeting').textContent = `Hello, ${user.name}.`;
  document.getElementById('plan').textContent =
    `Your ${user.plan} plan has the ${modelsInWords(models)}, ${limits.requestsPerMinute} calls a minute ` +
    `and ${dollars(budget.usd)} a ${budget.per}.`;
  document.getElementById('who').textContent = user.name;
  const suggest = (text) => element('li', {}, element('button', { type: 'button', onclick: () => ask(text) }, text));
  document.getElementById('suggestions').replaceChildren(...suggestions.map(suggest));
  leave = () => {
    conversation.stop?.abort();
    stopWatching();
    screen.hidden = true;
    onLeave();
  };
  startOver();
  try {
    // Only what this user may use: the gateway filters the list by the session.
    const { data } = await openai.models.list();
    offerModels(data.map((model) => model.id));
  } catch (error) {
    showProblem(error);
  }
  screen.hidden = false;
  focusQuestion();
  stopWatching = watchSpending(bill);
}

function startOver() {
  conversation.stop?.abort();
  conversation = { turns: [], stop: undefined };
  unbilled = new Map();
  clearTranscript();
  welcome.hidden = false;
  showWriting(false);
  showTitle('Portico in an Express app');
  focusQuestion();
}

async function ask(text) {
  if (conversation.stop) return;
  const own = conversation;
  own.stop = new AbortController();
  own.turns.push({ role: 'user', content: text });
  welcome.hidden = true;
  showWriting(true);
  const takeBack = addQuestion(text);
  const answer = addAnswer(pickedModel());
  announce('The model is answering.');

  let written = '';
  let problem;
  try {
    for await (const piece of stream(own, answer)) {
      written += piece;
      answer.show(written);
    }
  } catch (error) {
    problem = error;
  }
  const askAgain = () => {
    takeBack();
    return ask(text);
  };
  const wasStopped = own.stop.signal.aborted;
  own.stop = undefined;
  // An unanswered question must not look like the first half of the next one.
  if (written === '') own.turns.pop();
  else own.turns.push({ role: 'assistant', content: written });
  // Meanwhile somebody may have started a new chat.
  if (own !== conversation) return;

  answer.end(written);
  showWriting(false);
  if (wasStopped) announce('Stopped.');
  else if (problem) showProblem(problem, askAgain);
  else announce(written);
  if (own.turns.length === 2) await nameConversation(own, text);
}

/** The pieces of the next answer, as the official client hands them out. */
async function* stream({ turns, stop }, answer) {
  const { data: chunks, request_id } = await openai.chat.completions
    .create({ model: pickedModel(), messages: turns, stream: true }, { signal: stop.signal })
    .withResponse();
  unbilled.set(request_id, answer);
  let isWhole = false;
  for await (const { choices } of chunks) {
    const piece = choices[0]?.delta?.content;
    if (piece) yield piece;
    isWhole ||= Boolean(choices[0]?.finish_reason);
  }
  if (!isWhole && !stop.signal.aborted) throw new Error('The answer broke off before its end.');
}

/** The ledger has a new record: writes what the answer has cost below it. */
function bill({ id, model, outcome, inputTokens, outputTokens, estimated, costUsd }) {
  const answer = unbilled.get(id);
  if (answer === undefined) return;
  unbilled.delete(id);
  const parts = [model, `${estimated ? 'about ' : ''}${inputTokens} tokens in, ${outputTokens} out`];
  if (costUsd !== undefined) parts.push(dollars(costUsd));
  if (outcome === 'client_gone') parts.unshift('stopped, the model too');
  answer.note(parts.join(' · '));
}

/** Asks the app, not the gateway: the server makes a call of its own for the same user, on the same ledger. */
async function nameConversation(own, question) {
  const answer = await fetch('/api/title', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question }),
  }).catch(() => undefined);
  const name = answer?.ok ? (await answer.json()).title : question;
  if (own === conversation) showTitle(name);
}

function showTitle(text) {
  title.textContent = text;
  document.title = text;
}

function showProblem(error, askAgain) {
  const { text, remedy } = explainError(error);
  if (remedy === 'sign-in') addProblem(text, { label: 'Sign in', act: leave });
  else if (remedy === 'again' && askAgain) addProblem(text, { label: 'Try again', act: askAgain });
  else addProblem(text);
}
