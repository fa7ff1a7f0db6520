import { showSignIn } from './sign-in.js';

// The chat brings the official client along, 150 small files: fetched while somebody decides who to be.
const chat = import('./chat.js');

await showPage();

/** Shows the chat to whoever is signed in, and the sign-in screen to everybody else. */
async function showPage() {
  const session = await (await fetch('/api/session')).json();
  showFakeNotice(session.fakeNotice);
  if (session.user === undefined) showSignIn(session.users, showPage);
  else await (await chat).openChat(session, showPage);
}

function showFakeNotice(text = '') {
  for (const notice of document.querySelectorAll('.notice.fake')) {
    notice.textContent = text;
    notice.hidden = text === '';
  }
  document.getElementById('fake-mark').hidden = text === '';
}
