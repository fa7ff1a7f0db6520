import { element } from './element.js';
import { dollars } from './money.js';

const screen = document.getElementById('sign-in');
const list = document.getElementById('users');
const problem = document.getElementById('sign-in-error');

/** Offers the demo users; a click signs in as one of them. */
export function showSignIn(users, { onSignedIn }) {
  problem.hidden = true;
  list.replaceChildren(...users.map((user) => element('li', {}, card(user, onSignedIn))));
  document.getElementById('chat').hidden = true;
  screen.hidden = false;
  document.title = 'Portico in an Express app';
  list.querySelector('button')?.focus();
}

function card(user, onSignedIn) {
  const button = element(
    'button',
    { type: 'button', className: 'user' },
    element('span', { className: 'avatar', ariaHidden: 'true' }, user.name[0]),
    element(
      'span',
      { className: 'about' },
      element('span', { className: 'name' }, user.name, ' ', element('span', { className: 'plan' }, user.plan)),
      element('span', { className: 'terms' }, `${user.models.join(' and ')}, ${dollars(user.budgetUsd)} a day`),
    ),
  );
  button.dataset.user = user.id;
  button.addEventListener('click', () => signIn(user, onSignedIn));
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
    await onSignedIn();
    return;
  }
  problem.textContent = answer ? (await answer.json()).error.message : 'The server does not answer. Is it still running?';
  problem.hidden = false;
}
