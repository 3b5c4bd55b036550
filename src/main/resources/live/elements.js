// Small things that all panels use: elements, numbers as people read them, lists that change in place.

export const $ = id => document.getElementById(id);

/** An element with text or children. */
export function el(name, className, ...children) {
  const e = document.createElement(name);
  if (className) e.className = className;
  for (const child of children) if (child !== null && child !== undefined) e.append(child);
  return e;
}

/** Changes text only where it differs, so that what is selected or read aloud stays. */
export function text(e, value) {
  if (e.textContent !== value) e.textContent = value;
}

export function classes(e, value) {
  if (e.className !== value) e.className = value;
}

const known = v => v !== null && v !== undefined && Number.isFinite(v);

/** Three digits that count. */
export function number(v) {
  if (!known(v)) return '–';
  const size = Math.abs(v);
  if (size >= 999500) return (v / 1e6).toPrecision(3) + 'M';
  if (size >= 9995) return Math.round(v / 1000) + 'k';
  if (size >= 1000) return (v / 1000).toFixed(1) + 'k';
  return Number.isInteger(v) ? String(v) : size >= 100 ? v.toFixed(0) : size >= 10 ? v.toFixed(1) : v.toFixed(2);
}

export function seconds(v) {
  if (!known(v)) return '–';
  if (v === 0) return '0 s';
  if (v < 0.0095) return (v * 1000).toFixed(1) + ' ms';
  if (v < 0.9995) return Math.round(v * 1000) + ' ms';
  return (v < 9.95 ? v.toFixed(1) : v.toFixed(0)) + ' s';
}

export function percent(v) {
  return known(v) ? Math.round(100 * v) + ' %' : '–';
}

export function times(v) {
  return known(v) ? '×' + (v < 9.95 ? v.toFixed(1) : v.toFixed(0)) : '–';
}

/** A model's name without the organisation that it is of. */
export const short = model => model.slice(model.lastIndexOf('/') + 1);

export function clock(ms) {
  return new Date(ms).toLocaleTimeString([], { hour12: false });
}

/**
 * Makes the children of an element those of the items, in their order: makes what is new, changes what is there, and moves
 * only what has to move.
 */
export function sync(parent, items, key, make, change) {
  const there = new Map([...parent.children].map(child => [child.dataset.key, child]));
  const seen = new Set();
  let place = parent.firstElementChild;
  for (const item of items) {
    let k = String(key(item));
    while (seen.has(k)) k += ' again';
    seen.add(k);
    let child = there.get(k);
    if (child) there.delete(k);
    else {
      child = make(item);
      child.dataset.key = k;
    }
    if (change) change(child, item);
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const child of there.values()) child.remove();
}

/** A bar of the parts that a time is made of, with what they are in words. */
export const PARTS = ['wait', 'prefill', 'transfer', 'decode', 'delay'];

export function partsBar(parts, whole) {
  const bar = el('div', 'parts');
  bar.setAttribute('role', 'img');
  bar.setAttribute('aria-label', PARTS.filter(p => parts[p] > 0).map(p => `${p} ${seconds(parts[p])}`).join(', '));
  const sum = whole || PARTS.reduce((all, p) => all + (parts[p] || 0), 0) || 1;
  for (const p of PARTS) {
    const part = el('span', p);
    part.style.width = 100 * (parts[p] || 0) / sum + '%';
    bar.append(part);
  }
  return bar;
}

export function legend(parts) {
  const list = el('div', 'legend');
  for (const p of PARTS) {
    if (parts[p] !== undefined && (parts[p] > 0 || p === 'wait')) list.append(el('span', '', el('i', p), `${p} ${seconds(parts[p])}`));
  }
  return list;
}

/** The candidates of a decision as a table. */
export function candidateTable(rows, chosen, captionText) {
  const table = el('table');
  if (captionText) table.append(el('caption', '', captionText));
  const head = el('tr');
  for (const title of ['candidate', 'cached', 'sure', 'wait', 'prefill', 'transfer', 'decode', 'delay', 'score']) {
    const th = el('th', '', title);
    th.scope = 'col';
    head.append(th);
  }
  table.append(el('thead', '', head));
  const body = el('tbody');
  for (const row of rows) {
    const tr = el('tr', row.endpoint === chosen ? 'chosen' : '');
    const cells = [row.endpoint === chosen ? '→ ' + row.endpoint : row.endpoint, number(row.cachedTokens), row.view ? percent(row.confidence) : '–', seconds(row.wait),
      seconds(row.prefill), seconds(row.transfer), seconds(row.decode), seconds(row.delay), number(row.total)];
    for (const cell of cells) tr.append(el('td', '', cell));
    body.append(tr);
  }
  table.append(body);
  return scroller(captionText || 'candidates', table);
}

/** A box for what may be wider than the page: it can be scrolled by keys, too. */
export function scroller(label, ...children) {
  const box = el('div', 'scroll', ...children);
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', label);
  return box;
}
