import OpenAI from '/vendor/openai/index.mjs';

// The key is a placeholder that the gateway knows to ignore: the session cookie authorises the call. That is why running
// the official client in a browser is not dangerous here.
const openai = new OpenAI({
  baseURL: new URL('/llm/v1', location.origin).href,
  apiKey: 'session',
  dangerouslyAllowBrowser: true,
  maxRetries: 0,
});

const find = (id) => document.getElementById(id);
const say = (text) => {
  find('status').textContent = text;
};
let running;

async function signIn(user) {
  await fetch('/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  });
  await greet();
}

async function greet() {
  const answer = await fetch('/me');
  find('account').hidden = !answer.ok;
  find('entrance').hidden = answer.ok;
  if (!answer.ok) return say('signed out');
  const { user, about = '', more } = await answer.json();
  find('user').textContent = user;
  find('about').textContent = about;
  find('more').hidden = more === undefined;
  if (more !== undefined) find('more').href = more;
  say(`ready, ${user}`);
}

async function ask() {
  running = new AbortController();
  find('stop').disabled = false;
  find('answer').textContent = '';
  say('streaming');
  try {
    const messages = [{ role: 'user', content: find('prompt').value }];
    const stream = await openai.chat.completions.create(
      { model: 'fast', messages, stream: true },
      { signal: running.signal },
    );
    for await (const chunk of stream) find('answer').textContent += chunk.choices[0]?.delta.content ?? '';
    say(running.signal.aborted ? 'stopped' : 'ready');
  } catch (error) {
    say(running.signal.aborted ? 'stopped' : error.message);
  } finally {
    find('stop').disabled = true;
  }
}

find('user-ada').addEventListener('click', () => signIn('ada'));
find('user-grace').addEventListener('click', () => signIn('grace'));
find('sign-out').addEventListener('click', async () => {
  await fetch('/logout', { method: 'POST' });
  await greet();
});
find('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  void ask();
});
find('stop').addEventListener('click', () => running?.abort());
await greet();
