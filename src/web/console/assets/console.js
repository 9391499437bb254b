// What every page can do beyond what it shows: live pieces, the keyboard, forms that answer in place. Without it all pages
// work as they are.
import { follow, tellTimes } from './live.js';

const TIMES_EVERY_MS = 10_000;

const said = document.getElementById('said');
const help = document.getElementById('help');

function say(text, ok) {
  said.textContent = text;
  said.className = `said ${ok ? 'good' : 'bad'}`;
}

// In the hand the bar is wider than the page, and whoever is on its last page would not see which that is.
document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

tellTimes();
setInterval(() => tellTimes(), TIMES_EVERY_MS);

let following = null;
const pulse = document.querySelector('[data-live]');
if (pulse !== null && document.body.dataset.page) {
  const [connecting, live, offline] = JSON.parse(pulse.dataset.words);
  following = follow((state) => {
    pulse.textContent = { connecting, live, offline }[state];
    pulse.className = `pulse ${{ connecting: '', live: 'on', offline: 'off' }[state]}`;
  });
}

// Filters: a choice counts at once, a text when the reader pauses. What is around the form is put anew, and the form
// stays, with the cursor in it.
const PAUSE_MS = 300;

async function ask(form, url) {
  const response = await fetch(url);
  const next = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = next.querySelector('main > [data-filters]');
  if (!response.ok || fresh === null || asked !== url) return;
  history.replaceState(null, '', url);
  while (form.previousSibling) form.previousSibling.remove();
  while (form.nextSibling) form.nextSibling.remove();
  const around = [...fresh.parentElement.childNodes];
  const place = around.indexOf(fresh);
  form.before(...around.slice(0, place));
  form.after(...around.slice(place + 1));
  document.body.dataset.page = next.body.dataset.page;
  tellTimes();
  following?.again(next.body.dataset.page, next.querySelector('[data-version]')?.dataset.version ?? '');
}

/** The last question: an answer that comes after a later one was asked is left out. */
let asked = '';

for (const form of document.querySelectorAll('[data-filters]')) {
  const address = () => {
    const query = new URLSearchParams();
    for (const [key, value] of new FormData(form)) if (value !== '') query.append(key, value);
    return `${form.getAttribute('action')}${query.size > 0 ? `?${query}` : ''}`;
  };
  const go = () => {
    asked = address();
    if (form.parentElement?.id === 'main') ask(form, asked).catch(() => location.assign(asked));
    else location.assign(asked);
  };
  let waiting = 0;
  form.addEventListener('input', (event) => {
    clearTimeout(waiting);
    if (event.target.matches('input')) waiting = setTimeout(go, PAUSE_MS);
  });
  form.addEventListener('change', (event) => {
    if (event.target.matches('select')) go();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    location.assign(address());
  });
}

// Forms that act: the answer is told here, and what changed comes by itself.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches('form[method="post"][action^="/actions/"]')) return;
  event.preventDefault();
  const button = event.submitter;
  if (button?.dataset.confirm && !confirm(button.dataset.confirm)) return;
  void send(form, button);
});

async function send(form, button) {
  button?.setAttribute('disabled', '');
  try {
    const response = await fetch(form.action, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(new FormData(form, button)),
    });
    const answer = await response.json();
    say(answer.text, answer.ok);
    if (answer.ok) {
      form.closest('details')?.removeAttribute('open');
      form.reset();
    }
  } catch {
    form.submit();
  } finally {
    button?.removeAttribute('disabled');
  }
}

// Rows by keyboard.
function rows() {
  return [...document.querySelectorAll('[data-rows] > *')];
}

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const here = all.findIndex((row) => row.classList.contains('at'));
  const next = all[here === -1 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step))];
  for (const row of all) row.classList.toggle('at', row === next);
  next.scrollIntoView({ block: 'nearest' });
  next.querySelector('a')?.focus({ preventScroll: true });
}

let before = '';
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.matches('input, textarea, select');
  if (event.key === 'Escape') {
    if (isTyping) event.target.blur();
    return;
  }
  if (isTyping) return;
  const previous = before;
  before = event.key;
  if (previous === 'g') {
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link !== null) {
      event.preventDefault();
      before = '';
      link.click();
      return;
    }
  }
  switch (event.key) {
    case '?':
      // Whoever has only a link has no help.
      if (help === null) return;
      if (!help.open) help.showModal();
      break;
    case '/': {
      const search = document.querySelector('[data-search]');
      if (search === null) return;
      search.focus();
      search.select();
      break;
    }
    case 'j':
      move(1);
      break;
    case 'k':
      move(-1);
      break;
    case 't': {
      const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
      const { theme } = document.documentElement.dataset;
      const wanted = (theme === 'auto' ? isDark : theme === 'dark') ? 'light' : 'dark';
      document.querySelector(`[name="theme"][value="${wanted}"]`)?.click();
      break;
    }
    default:
      return;
  }
  event.preventDefault();
});
