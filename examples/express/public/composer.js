import { element } from './element.js';

const form = document.getElementById('composer');
const question = document.getElementById('question');
const model = document.getElementById('model');
const send = document.getElementById('send');
const stop = document.getElementById('stop');

/** Wires the field at the foot of the page: Enter or Send calls `onAsk(text)`, Esc or Stop calls `onStop()`. */
export function wireComposer({ onAsk, onStop }) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = question.value.trim();
    if (text === '' || !stop.hidden) return;
    question.value = '';
    fitQuestion();
    onAsk(text);
  });
  question.addEventListener('keydown', (event) => {
    // While a word is being composed, as in Japanese, Enter belongs to the input method.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  question.addEventListener('input', fitQuestion);
  stop.addEventListener('click', onStop);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') onStop();
  });
}

/** Fills the model picker. */
export function offerModels(names) {
  model.replaceChildren(...names.map((name) => element('option', { value: name }, name)));
}

/** The model that is picked. */
export function pickedModel() {
  return model.value;
}

/** While an answer is being written there is Stop in the place of Send. */
export function showWriting(isWriting) {
  const hadFocus = document.activeElement === (isWriting ? send : stop);
  send.hidden = isWriting;
  stop.hidden = !isWriting;
  if (hadFocus) (isWriting ? stop : question).focus();
}

export function focusQuestion() {
  question.focus();
}

function fitQuestion() {
  question.style.height = 'auto';
  question.style.height = `${question.scrollHeight}px`;
}
