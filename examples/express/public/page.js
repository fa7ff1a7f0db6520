import { openChat } from './chat.js';
import { showSignIn } from './sign-in.js';

await showPage();

/** Shows the chat to whoever is signed in and the sign-in screen to everybody else. */
async function showPage() {
  const session = await (await fetch('/api/session')).json();
  showFakeNotice(session.fakeNotice);
  if (session.user) openChat(session.user, { onSignedOut: showPage });
  else showSignIn(session.users, { onSignedIn: showPage });
}

function showFakeNotice(text) {
  for (const notice of document.querySelectorAll('.notice.fake')) {
    notice.hidden = !text;
    notice.textContent = text ?? '';
  }
}
