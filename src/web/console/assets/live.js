// Keeps the page as the daemon has it: takes the pieces that changed, and puts each in its place without moving what the
// reader is at.

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/** The daemon's clock as of the last word from it, and ours then. */
let told = { at: Number(document.body.dataset.now), here: performance.now() };

export function daemonNow() {
  return told.at + (performance.now() - told.here);
}

const RELATIVE = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: 'narrow', numeric: 'always' });
const NOW = document.documentElement.lang.startsWith('zh') ? '现在' : 'now';
const UNITS = [
  ['day', 86_400_000, 2],
  ['hour', 3_600_000, 2],
  ['minute', 60_000, 1],
];

function relative(ms) {
  for (const [unit, length, least] of UNITS) {
    // Between figures and Han there is a space everywhere else on the page.
    if (Math.abs(ms) >= least * length)
      return RELATIVE.format(Math.trunc(ms / length), unit).replace(/\d(?=\p{Script=Han})/u, '$& ');
  }
  return NOW;
}

export function tellTimes(root = document) {
  const now = daemonNow();
  for (const time of root.querySelectorAll('time[data-from-now]')) {
    const text = relative(Date.parse(time.dateTime) - now);
    if (time.textContent !== text) time.textContent = text;
  }
}

/** What the reader is doing in an element, so that it can go on in the new one. */
function atWork(element) {
  const active = document.activeElement;
  if (active === null || !element.contains(active)) return null;
  const all = [...element.querySelectorAll('a, button, input, select, textarea')];
  return { place: all.indexOf(active), value: active.value, start: active.selectionStart, end: active.selectionEnd };
}

function goOn(element, work) {
  if (work === null) return;
  const next = element.querySelectorAll('a, button, input, select, textarea')[work.place];
  if (next === undefined) return;
  next.focus({ preventScroll: true });
  if (typeof work.start === 'number' && 'setSelectionRange' in next) {
    next.value = work.value;
    next.setSelectionRange(work.start, work.end);
  }
}

function elementOf(text) {
  const template = document.createElement('template');
  template.innerHTML = text.trim();
  return template.content.firstElementChild;
}

/** Somebody who is filling in a form must not lose it. */
function isBeingFilledIn(element) {
  const active = document.activeElement;
  if (active !== null && element.contains(active) && active.matches('input, textarea, select')) return true;
  return element.querySelector('dialog[open], details[open] form') !== null;
}

function putParts(parts, isFirst) {
  const fresh = new Map();
  for (const [id, text] of Object.entries(parts)) {
    const old = document.getElementById(id);
    const next = elementOf(text);
    if (next === null) continue;
    if (old === null) {
      fresh.set(id, next);
      continue;
    }
    if (isBeingFilledIn(old)) continue;
    const work = atWork(old);
    for (const details of old.querySelectorAll('details[open][id]'))
      next.querySelector(`#${details.id}`)?.setAttribute('open', '');
    if (old.classList.contains('at')) next.classList.add('at');
    if (!isFirst && old.outerHTML !== next.outerHTML) next.classList.add('fresh');
    old.replaceWith(next);
    goOn(next, work);
    next.dispatchEvent(new CustomEvent('lamplighter:patched', { bubbles: true }));
  }
  return fresh;
}

function putLists(lists, fresh) {
  for (const [id, items] of Object.entries(lists)) {
    const list = document.getElementById(id);
    if (list === null) continue;
    let place = list.firstElementChild;
    const wanted = new Set(items);
    for (const item of items) {
      const element = document.getElementById(item) ?? fresh.get(item);
      if (element === undefined) continue;
      while (place !== null && !wanted.has(place.id)) {
        const gone = place;
        place = place.nextElementSibling;
        gone.remove();
      }
      if (element === place) place = place.nextElementSibling;
      else list.insertBefore(element, place);
    }
    while (place !== null) {
      const gone = place;
      place = place.nextElementSibling;
      if (!wanted.has(gone.id)) gone.remove();
    }
  }
}

export function patch({ parts, lists, now }, isFirst = false) {
  told = { at: now, here: performance.now() };
  const fresh = putParts(parts, isFirst);
  putLists(lists, fresh);
  tellTimes();
}

/** Follows the page until it is left; after a break it tries again, more rarely each time. */
export function follow(onState) {
  let page = document.body.dataset.page;
  let seen = document.querySelector('[data-version]')?.dataset.version ?? '';
  let waitMs = FIRST_WAIT_MS;
  let isFirst = true;
  let source = null;
  let waiting = 0;
  const open = () => {
    onState('connecting');
    source = new EventSource(`/events?${new URLSearchParams({ page, seen: isFirst ? seen : '' })}`);
    source.addEventListener('open', () => {
      waitMs = FIRST_WAIT_MS;
      onState('live');
    });
    // The connection stands, and the daemon has nothing new to say: what is shown may be old.
    source.addEventListener('late', () => onState('offline'));
    source.addEventListener('patch', (event) => {
      onState('live');
      patch(JSON.parse(event.data), isFirst);
      isFirst = false;
    });
    source.addEventListener('now', (event) => {
      onState('live');
      told = { at: JSON.parse(event.data).now, here: performance.now() };
      isFirst = false;
      tellTimes();
    });
    source.addEventListener('error', () => {
      source.close();
      onState('offline');
      waiting = setTimeout(open, waitMs * (0.75 + Math.random() / 2));
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    });
  };
  open();
  addEventListener('pagehide', () => source?.close());
  // What nobody sees need not be kept up to date; it is, once somebody sees it again.
  document.addEventListener('visibilitychange', () => {
    clearTimeout(waiting);
    source.close();
    if (document.visibilityState === 'visible') {
      isFirst = false;
      open();
    }
  });
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
  return {
    /** The same page with another question. */
    again(nextPage, nextSeen) {
      page = nextPage;
      seen = nextSeen;
      isFirst = true;
      clearTimeout(waiting);
      source.close();
      open();
    },
  };
}
