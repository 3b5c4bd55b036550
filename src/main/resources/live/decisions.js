// The stream of decisions, each opened to its explanation and to what happened afterwards.

import { $, candidateTable, clock, el, legend, number, partsBar, seconds, short, text } from './elements.js';

const MOST = 40;
const shown = new Map();
let held = false;
let refusalCount = 0;

/** Listens to the button that holds the list still. */
export function begin() {
  $('hold').addEventListener('click', () => {
    held = !held;
    $('hold').setAttribute('aria-pressed', String(held));
  });
}

const WORDS = {
  'best-score': 'best score', tie: 'a tie that chance decided', 'only-candidate': 'the only candidate', 'over-context': 'fits nowhere; most room there',
  'prefix-hit': 'it holds a useful part of the prompt', 'prefix-cold': 'nobody holds any of the prompt', 'prefix-passed-over': 'who holds more was too busy or too slow',
  'stale-metrics': 'no fresh metrics; by our own books', retry: 'the first choice could not be reached', 'no-body': 'no body to route by', early: 'decided on the beginning of the body',
  holder: 'it keeps what the request is about', prefill: 'prefills for another', 'prefix-unanswered': 'by load: the index was busy', 'health-ignored': 'looks dead, but so do others',
};

function outcome(story) {
  const end = story.end;
  if (!end) return 'under way';
  if (end.outcome !== 'completed') return end.outcome;
  return end.firstToken === null ? seconds(end.whole) : `first token ${seconds(end.firstToken)}`;
}

function body(story) {
  const e = story.expected;
  const parts = { wait: e.wait, prefill: e.prefill, transfer: e.transfer, decode: e.decode };
  const box = el('div', 'story');
  if (story.model) box.append(el('p', 'soft', story.model));
  box.append(el('p', '', `${story.endpoint} (${story.class}): ${WORDS[story.reason] || story.reason} [${story.reason}].`
    + (story.prefill ? ` ${story.prefill} prefills for it.` : '')
    + (story.encoders ? ` Media are encoded by ${story.encoders.join(', ')}.` : '')));
  box.append(partsBar(parts), legend(parts));
  box.append(el('p', '', `Believed cached: ${number(story.cachedTokens)} of ${number(story.promptTokens)} tokens`
    + (story.view ? ` (${story.view})` : '') + `, the best anywhere ${number(story.bestCachedTokens)}. Expected output: ${number(Math.round(e.outputTokens))} tokens.`));
  const asked = [story.ttftSlo ? `first token within ${seconds(story.ttftSlo)}` : '', story.tpotSlo ? `${seconds(story.tpotSlo)} a token` : ''].filter(Boolean);
  if (asked.length) box.append(el('p', '', `Asked for: ${asked.join(', ')}.`));
  const dropped = Object.entries(story.dropped || {});
  box.append(el('p', '', dropped.length
    ? 'Dropped: ' + dropped.map(([filter, d]) => `${filter} ${d.names.join(', ')}${d.count > d.names.length ? ` and ${d.count - d.names.length} more` : ''}`).join('; ') + '.'
    : 'No filter dropped anybody.'));
  if (story.table) {
    const more = story.candidates - story.table.length;
    box.append(candidateTable(story.table, story.endpoint, `${number(story.candidates)} candidates` + (more > 0 ? `, the best ${story.table.length}` : '')));
  }
  const end = story.end;
  box.append(el('p', 'after', end
    ? `Afterwards: ${end.outcome} on ${end.endpoint} after ${seconds(end.whole)}`
      + (end.firstToken === null ? '' : `, first token ${seconds(end.firstToken)} against ${seconds(e.wait + e.prefill + e.transfer)} expected`)
      + (end.cachedTokens === undefined ? '' : `, ${number(end.cachedTokens)} tokens found cached against ${number(story.cachedTokens)}`)
      + (end.outputTokens === undefined ? '' : `, ${number(end.outputTokens)} tokens out`) + '.'
    : 'Afterwards: it has not ended yet.'));
  return box;
}

function fill(item) {
  const { details, story } = item;
  const old = details.querySelector('.story');
  if (old) old.remove();
  if (details.open) details.append(body(story));
}

function make(story) {
  const what = [short(story.model || ''), `${number(story.promptTokens)} tokens`, story.tenant, story.objective].filter(Boolean).join(', ');
  const details = el('details', '', el('summary', '', el('span', 'when', clock(story.at)),
    el('span', 'where', el('span', 'to', story.endpoint), ' ', el('span', 'chip', story.reason), ' ', el('span', 'soft', what)), el('span', 'seen')));
  const li = el('li', '', details);
  const item = { story, li, details };
  details.addEventListener('toggle', () => fill(item));
  return item;
}

function seen(item) {
  const e = item.details.querySelector('.seen');
  text(e, outcome(item.story));
  const bad = item.story.end && !['completed', 'client-gone'].includes(item.story.end.outcome);
  e.className = bad ? 'seen chip bad' : 'seen';
}

/** Newer decisions. */
export function add(stories) {
  if (held) return;
  for (const story of stories) {
    if (shown.has(story.id)) continue;
    const item = make(story);
    shown.set(story.id, item);
    $('decisions').prepend(item.li);
    seen(item);
  }
  for (const [id, item] of shown) {
    if (shown.size <= MOST) break;
    // what somebody reads stays
    if (item.details.open || item.li.contains(document.activeElement)) continue;
    item.li.remove();
    shown.delete(id);
  }
}

/** How decisions went on. */
export function ended(ends) {
  for (const end of ends) {
    const item = shown.get(end.id);
    if (!item) continue;
    item.story.end = end;
    seen(item);
    fill(item);
  }
}

/** The router is another one, which numbers requests anew. */
export function forget() {
  shown.clear();
  $('decisions').replaceChildren();
}

/** Requests that got no endpoint: how many since the last frame, and some of them. */
export function refused(count, refusals) {
  refusalCount += count;
  if (!refusals.length) return;
  const last = refusals[refusals.length - 1];
  text($('refusals'), `Refused since this page opened: ${number(refusalCount)}; the last at ${clock(last.at)}: ${last.reason}: ${last.message || ''}`);
}
