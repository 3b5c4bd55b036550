// Where a request would go: asks /api/explain, which sends nothing.

import { ask } from './connection.js';
import { $, candidateTable, el, legend, number, partsBar, seconds } from './elements.js';

const LONGEST = 8 * 1024 * 1024;
let suggested = false;

/** Puts an example there, with a model that the pool has. */
export function suggest(endpoints) {
  if (suggested || $('explain-body').value) return;
  suggested = true;
  const model = endpoints.flatMap(e => e.models)[0] || 'your-model';
  $('explain-body').value = JSON.stringify({ model, messages: [{ role: 'user', content: 'Who is Kvasir?' }] }, null, 2);
}

function shown(answer) {
  const box = $('explained');
  box.replaceChildren();
  const table = answer.candidates.map(c => ({ endpoint: c.endpoint, cachedTokens: c.cachedTokens, view: c.prefixView, confidence: c.confidence, wait: c.waitSeconds,
    prefill: c.prefillSeconds, transfer: c.transferSeconds, decode: c.decodeSeconds, delay: c.delaySeconds, total: c.total }))
    .sort((a, b) => b.total - a.total);
  const chosen = table.find(c => c.endpoint === answer.endpoint);
  box.append(el('p', '', answer.endpoint
    ? `To ${answer.endpoint} [${answer.reason}]` + (answer.predictedTtftSeconds === null ? '' : `, first token in ${seconds(answer.predictedTtftSeconds)}`)
      + `; ${number(answer.promptTokens)} prompt tokens` + (answer.prefill ? `, prefilled by ${answer.prefill} [${answer.pairing}]` : '')
      + (answer.encoders.length ? `, media encoded by ${answer.encoders.join(', ')}` : '') + '.'
    : `Nowhere: ${answer.rejected}`));
  if (chosen) box.append(partsBar(chosen), legend(chosen));
  const dropped = Object.entries(answer.dropped).filter(([, names]) => names.length);
  if (dropped.length) {
    box.append(el('p', '', 'Dropped: ' + dropped.map(([filter, names]) =>
      `${filter} ${names.slice(0, 8).join(', ')}${names.length > 8 ? ` and ${names.length - 8} more` : ''}`).join('; ') + '.'));
  }
  if (table.length) box.append(candidateTable(table.slice(0, 20), answer.endpoint, `${table.length} candidates` + (table.length > 20 ? ', the best 20' : '')));
}

/** Listens to the form. */
export function begin() {
  $('explain-form').addEventListener('submit', async event => {
    event.preventDefault();
    const body = $('explain-body').value;
    try {
      if (body.length > LONGEST) throw new Error('that is longer than this form sends');
      const path = encodeURIComponent($('explain-path').value);
      const answer = await ask('api/explain?path=' + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      shown(await answer.json());
    } catch (e) {
      $('explained').replaceChildren(el('p', '', 'Not explained: ' + e.message));
    }
  });
}
