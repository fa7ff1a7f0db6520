import { element } from './element.js';
import { renderMarkdown } from './markdown.js';

const scroller = document.getElementById('scroller');
const list = document.getElementById('messages');
const announcer = document.getElementById('announcer');

/** Empties the conversation on the page. */
export function clearTranscript() {
  list.replaceChildren();
}

/** Adds a question; the returned function takes it away again. */
export function addQuestion(text) {
  const item = element('li', { className: 'message mine' }, unseen('You asked: '), text);
  list.append(item);
  return () => item.remove();
}

/** Adds an answer that is still being written. */
export function addAnswer(model) {
  const body = element('div', { className: 'answer' });
  const item = element('li', { className: 'message theirs writing' }, unseen(`${model} answers: `), body);
  let nextPaint;
  list.append(item);
  list.ariaBusy = 'true';
  scrollToEnd();
  return {
    /** Shows the text so far, at most once a frame, however fast the tokens come. */
    show(text) {
      cancelAnimationFrame(nextPaint);
      nextPaint = requestAnimationFrame(() => {
        const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
        body.replaceChildren(renderMarkdown(text));
        if (isAtEnd) scrollToEnd();
      });
    },
    /** Shows the text as it stays; an answer without a word disappears. */
    end(text) {
      cancelAnimationFrame(nextPaint);
      list.ariaBusy = 'false';
      item.classList.remove('writing');
      body.replaceChildren(renderMarkdown(text));
      if (text === '') item.remove();
      scrollToEnd();
    },
    /** Adds a line below it. */
    note(text) {
      item.append(element('p', { className: 'note' }, text));
      scrollToEnd();
    },
  };
}

/** Adds what went wrong, with a button for what can be done about it, if anything can. */
export function addProblem(text, remedy) {
  const item = element('li', { className: 'notice problem' }, element('span', {}, text));
  if (remedy) {
    const act = () => {
      item.remove();
      remedy.act();
    };
    item.append(element('button', { type: 'button', onclick: act }, remedy.label));
  }
  list.append(item);
  announce(text);
  scrollToEnd();
}

/** Tells those who listen instead of look. */
export function announce(text) {
  announcer.textContent = text;
}

function unseen(text) {
  return element('span', { className: 'unseen' }, text);
}

function scrollToEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}
