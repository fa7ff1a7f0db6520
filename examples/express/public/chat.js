import { element } from './element.js';
import { explainError } from './explain-error.js';
import { openai } from './llm-client.js';
import { renderMarkdown } from './markdown.js';
import { dollars } from './money.js';
import { watchSpending } from './spending.js';

const SUGGESTIONS = [
  'Explain back-pressure to a plumber',
  'Write a haiku about middleware',
  'What is a portico?',
  'Show me a debounce in JavaScript',
];

const byId = (id) => document.getElementById(id);
const screen = byId('chat');
const scroller = byId('scroller');
const messages = byId('messages');
const question = byId('question');
const model = byId('model');
const send = byId('send');
const stop = byId('stop');

/** The conversation as the model gets it: only what was asked and answered. */
let turns = [];
/** Aborts the answer under way; undefined while there is none. */
let underWay;
let spending;
let signedOut;

/** Shows the chat for the signed-in user; `onSignedOut` is called when the session is over. */
export async function openChat(user, { onSignedOut }) {
  signedOut = onSignedOut;
  byId('greeting').textContent = `Hello, ${user.name}.`;
  byId('plan').textContent =
    `You are on the ${user.plan} plan: ${user.models.join(' and ')}, up to ${dollars(user.budgetUsd)} a day ` +
    `and ${user.requestsPerMinute} questions a minute.`;
  byId('whoami').textContent = user.name;
  startOver();
  screen.hidden = false;
  question.focus();
  spending = watchSpending();
  await offerModels();
}

/** Fills the picker with what the gateway lets this user ask, and nothing else. */
async function offerModels() {
  try {
    const names = [];
    for await (const { id } of openai.models.list()) names.push(id);
    model.replaceChildren(...names.map((name) => element('option', { value: name }, name)));
  } catch (error) {
    showProblem(error);
  }
}

async function ask(text) {
  byId('welcome').hidden = true;
  const asked = element('li', { className: 'message mine' }, author('You asked: '), text);
  messages.append(asked);

  const answer = element('div', { className: 'answer' });
  const item = element('li', { className: 'message theirs waiting' }, author(`${model.value} answered: `), answer);
  messages.append(item);
  scrollToEnd();
  announce(`${model.value} is answering.`);

  underWay = new AbortController();
  showBusy(true);
  turns.push({ role: 'user', content: text });
  const reply = { text: '', usage: undefined, finish: undefined, id: undefined };
  try {
    await streamInto(reply, () => {
      item.classList.remove('waiting');
      paint(answer, reply.text);
    });
    if (!underWay.signal.aborted && reply.finish === undefined) throw new Error('The answer broke off before its end.');
    item.append(usageLine(reply, underWay.signal.aborted));
    announce(underWay.signal.aborted ? 'Stopped.' : reply.text);
  } catch (error) {
    showProblem(error, { retry: text });
  }
  item.classList.remove('waiting');
  answer.replaceChildren(renderMarkdown(reply.text));
  if (reply.text === '') {
    // Nothing was said, so the next question must not look like the second half of this one.
    turns.pop();
    if (!underWay.signal.aborted) item.remove();
  } else {
    turns.push({ role: 'assistant', content: reply.text });
  }
  underWay = undefined;
  showBusy(false);
  scrollToEnd();
  if (turns.length === 2) await nameConversation();
}

async function streamInto(reply, changed) {
  try {
    const stream = await openai.chat.completions.create(
      { model: model.value, messages: turns, stream: true, stream_options: { include_usage: true } },
      { signal: underWay.signal },
    );
    for await (const chunk of stream) {
      reply.text += chunk.choices[0]?.delta?.content ?? '';
      reply.finish ??= chunk.choices[0]?.finish_reason ?? undefined;
      reply.usage = chunk.usage ?? reply.usage;
      changed();
    }
  } catch (error) {
    // Pressing Stop is no failure.
    if (!underWay.signal.aborted) throw error;
  }
}

let nextPaint;

/** Paints at most once a frame, however fast the tokens come. */
function paint(answer, text) {
  cancelAnimationFrame(nextPaint);
  nextPaint = requestAnimationFrame(() => {
    const follows = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
    answer.replaceChildren(renderMarkdown(text));
    if (follows) scrollToEnd();
  });
}

function usageLine({ usage }, stopped) {
  const parts = [model.value];
  if (usage) parts.push(`${usage.prompt_tokens} tokens in, ${usage.completion_tokens} out`);
  if (stopped) parts.push('stopped, and so was the model');
  return element('p', { className: 'usage' }, parts.join(' · '));
}

/** Asks the app, not the gateway: the server makes a call of its own for the same user, on the same ledger. */
async function nameConversation() {
  const answer = await fetch('/api/title', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question: turns[0].content }),
  }).catch(() => undefined);
  showTitle(answer?.ok ? (await answer.json()).title : turns[0]?.content);
}

function showProblem(error, { retry } = {}) {
  const { text, remedy } = explainError(error);
  const problem = element('li', { className: 'notice error' }, element('span', {}, text));
  if (remedy === 'sign-in') problem.append(element('button', { type: 'button', onclick: leave }, 'Sign in'));
  if (remedy === 'retry' && retry !== undefined) {
    const again = () => {
      problem.remove();
      ask(retry);
    };
    problem.append(element('button', { type: 'button', onclick: again }, 'Try again'));
  }
  messages.append(problem);
  announce(text);
  scrollToEnd();
}

function showBusy(busy) {
  send.hidden = busy;
  stop.hidden = !busy;
  messages.ariaBusy = String(busy);
}

function showTitle(text = 'New chat') {
  byId('title').textContent = text;
  document.title = text === 'New chat' ? 'Portico in an Express app' : `${text} · Portico`;
}

function startOver() {
  underWay?.abort();
  turns = [];
  messages.replaceChildren();
  byId('welcome').hidden = false;
  showTitle();
  question.focus();
}

function author(text) {
  return element('span', { className: 'unseen' }, text);
}

function announce(text) {
  byId('announcer').textContent = text;
}

function scrollToEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

async function signOut() {
  await fetch('/api/session', { method: 'DELETE' }).catch(() => undefined);
  leave();
}

function leave() {
  underWay?.abort();
  spending?.close();
  screen.hidden = true;
  signedOut();
}

function submit() {
  const text = question.value.trim();
  if (text === '' || underWay) return;
  question.value = '';
  fitQuestion();
  ask(text);
}

function fitQuestion() {
  question.style.height = 'auto';
  question.style.height = `${question.scrollHeight}px`;
}

byId('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});
question.addEventListener('input', fitQuestion);
question.addEventListener('keydown', (event) => {
  // While a word is being composed, as in Japanese, Enter belongs to the input method.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') underWay?.abort();
});
stop.addEventListener('click', () => underWay?.abort());
byId('new-chat').addEventListener('click', startOver);
byId('sign-out').addEventListener('click', signOut);
byId('suggestions').append(
  ...SUGGESTIONS.map((text) => element('li', {}, element('button', { type: 'button', onclick: () => ask(text) }, text))),
);
