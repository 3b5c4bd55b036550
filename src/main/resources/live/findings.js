// What is wrong now, in words, one endpoint a line, with what to do.

import { $, classes, el, sync, text } from './elements.js';

const WELL = { code: 'well', severity: 'well', what: 'Nothing that we know of.' };

/** Shows them. */
export function show(findings) {
  const wrong = findings.filter(f => f.severity !== 'info').length;
  text($('findings-count'), wrong ? `${wrong} ${wrong === 1 ? 'line' : 'lines'}` : '');
  sync($('findings'), findings.length ? findings : [WELL], f => f.code + ' ' + (f.endpoint || f.what),
    () => el('li', '', el('span', 'severity'), el('span', 'what'), el('span', 'advice')),
    (e, f) => {
      classes(e, f.severity);
      text(e.children[0], f === WELL ? '' : f.severity);
      text(e.children[1], (f.endpoint ? f.endpoint + (f.code === 'advice' ? ': ' : ' ') : '') + f.what);
      text(e.children[2], f.advice ? '→ ' + f.advice : '');
      for (const child of e.children) child.hidden = child.textContent === '';
    });
  document.title = wrong ? `(${wrong}) Kvasir` : 'Kvasir';
}
