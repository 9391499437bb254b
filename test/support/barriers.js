// What keeps somebody from using a page: run in the page by browser.ts, and answers sentences.
(() => {
  const found = [];
  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const shown = (element) => element.outerHTML.replace(/\s+/g, ' ').slice(0, 120);
  const byId = (ids) =>
    (ids ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' ');
  const named = (element) => {
    const parts = [
      element.getAttribute('aria-label') ?? '',
      byId(element.getAttribute('aria-labelledby')),
      element.getAttribute('alt') ?? '',
      element instanceof HTMLInputElement || element instanceof HTMLSelectElement
        ? [...(element.labels ?? [])].map((label) => label.textContent ?? '').join(' ')
        : (element.textContent ?? ''),
      element.getAttribute('title') ?? '',
    ];
    return parts.join(' ').trim();
  };
  for (const element of document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary',
  )) {
    if (named(element) === '') found.push(`has no name: ${shown(element)}`);
  }
  for (const element of document.querySelectorAll('img')) {
    if (!element.hasAttribute('alt')) found.push(`has no alt: ${shown(element)}`);
  }
  for (const element of document.querySelectorAll('svg, [role=img]')) {
    if (named(element) === '' && element.getAttribute('aria-hidden') !== 'true')
      found.push(`says nothing: ${shown(element)}`);
  }
  for (const [landmark, most] of [
    ['main', 1],
    ['header', 1],
    ['h1', 1],
  ]) {
    const count = document.querySelectorAll(landmark).length;
    if (count < 1 || count > most) found.push(`${count} of ${landmark}`);
  }
  if (document.querySelectorAll('nav:not([aria-label])').length > 0) found.push('a nav has no name');
  if ((document.documentElement.lang ?? '') === '') found.push('no language');
  if (document.title.trim() === '') found.push('no title');
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids.filter((each, i) => ids.indexOf(each) !== i))) found.push(`several have the id ${id}`);
  for (const element of document.querySelectorAll('table')) {
    if (element.caption === null) found.push(`a table without caption: ${shown(element)}`);
    if (element.querySelector('thead th:not([scope])') !== null)
      found.push(`a column without scope: ${shown(element)}`);
  }
  const levels = [...document.querySelectorAll('h1, h2, h3, h4')]
    .filter(visible)
    .map(({ tagName }) => Number(tagName[1]));
  levels.forEach((level, i) => {
    if (level > (levels[i - 1] ?? 0) + 1) found.push(`a heading of level ${level} after one of ${levels[i - 1] ?? 0}`);
  });
  for (const element of document.querySelectorAll('[tabindex]')) {
    if (Number(element.getAttribute('tabindex')) > 0) found.push(`its own tab order: ${shown(element)}`);
  }
  if (
    document.querySelector('[style]:not(canvas, .uplot *, .u-wrap)') !== null &&
    document.querySelector('.uplot') === null
  ) {
    found.push('an inline style');
  }
  if (document.documentElement.scrollWidth > window.innerWidth + 1) {
    found.push(`wider than the window: ${document.documentElement.scrollWidth} of ${window.innerWidth}`);
  }

  // Contrast of every text as it is drawn, by WCAG 2: 4.5, or 3 for what is large.
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (pen === null) return [...found, 'no canvas to measure with'];
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 0] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const luminance = (rgb) => {
    const [r = 0, g = 0, b = 0] = rgb.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at !== null; at = at.parentElement) {
      const layer = rgba(getComputedStyle(at).backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    let colour = [255, 255, 255];
    for (const [r, g, b, a] of layers.toReversed()) {
      colour = [r, g, b].map((value, i) => value * a + (colour[i] ?? 0) * (1 - a));
    }
    return colour;
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element === null || (node.textContent ?? '').trim() === '' || !visible(element)) continue;
    if (element.closest('.hidden, .skip, [disabled], script, style') !== null) continue;
    const style = getComputedStyle(element);
    const background = behind(element);
    const [r, g, b, a] = rgba(style.color);
    const text = [r, g, b].map((value, i) => value * a + (background[i] ?? 0) * (1 - a));
    const [light = 0, dark = 0] = [luminance(text), luminance(background)].sort((x, y) => y - x);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio >= (isLarge ? 3 : 4.5)) continue;
    const say = `contrast ${ratio.toFixed(2)} of .${element.className || element.tagName} (${style.color})`;
    if (!seen.has(say)) found.push(`${say}: "${(node.textContent ?? '').trim().slice(0, 40)}"`);
    seen.add(say);
  }
  return found;
})();
