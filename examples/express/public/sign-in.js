import { element } from './element.js';
import { dollars, modelsInWords } from './in-words.js';

const screen = document.getElementById('sign-in');
const cards = document.getElementById('users');
const problem = document.getElementById('sign-in-problem');

/** Offers the demo users; a click signs in as one of them and then calls `onSignedIn`. */
export function showSignIn(users, onSignedIn) {
  cards.replaceChildren(...users.map((user) => element('li', {}, card(user, onSignedIn))));
  problem.hidden = true;
  screen.hidden = false;
  document.title = 'Portico in an Express app';
}

function card(user, onSignedIn) {
  const { models, budget } = user.principal;
  const button = element(
    'button',
    { type: 'button', className: 'user', onclick: () => signIn(user, onSignedIn) },
    element('span', { className: 'avatar', ariaHidden: 'true' }, user.name[0]),
    element(
      'span',
      { className: 'about' },
      element('span', {}, element('b', {}, user.name), ' ', element('span', { className: 'plan' }, user.plan)),
      element('span', { className: 'terms' }, `${modelsInWords(models)}, ${dollars(budget.usd)} a ${budget.per}`),
    ),
  );
  button.dataset.user = user.id;
  return button;
}

async function signIn(user, onSignedIn) {
  const answer = await fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: user.id }),
  }).catch(() => undefined);
  if (answer?.ok) {
    screen.hidden = true;
    return onSignedIn();
  }
  problem.textContent = answer
    ? (await answer.json()).error.message
    : 'The server does not answer. Is it still running?';
  problem.hidden = false;
}
