// The pool as cards by hardware class; as tiles where a class has many replicas.

import { $, classes, el, number, percent, seconds, sync, text, times } from './elements.js';

const MANY = 12;
const MARKS = {
  slow: 'takes much longer than others like it, or than predicted', cold: 'holds next to nothing in its cache', shared: 'its device is shared with other replicas',
  lying: 'finds much less in its cache than is expected there', hangs: 'begins no answer, though requests wait for one', stale: 'its metrics page is old',
  unreadable: 'its metrics page or its list of models cannot be read', 'unknown hardware': 'the catalogue does not know what it runs on',
};
const OUT = new Set(['down', 'ejected']);
let newest = new Map();
let opened = null;

/** The row of a frame by names; see LiveState. */
function named(row) {
  const [id, state, inFlight, decoding, running, waiting, kv, age, pace, prefill, held, events, marks, ratio, expected, found] = row;
  return { id, state, inFlight, decoding, running, waiting, kv, age, pace, prefill, held, events, ratio, expected, found,
    marks: marks ? marks.split(',') : [] };
}

const look = one => OUT.has(one.state) ? 'out' : one.state !== 'up' && one.state !== 'unknown' || one.marks.some(m => m !== 'cold' && m !== 'shared') ? 'attention' : '';

function meter(name) {
  return el('div', 'meter', el('span', '', name), el('span', 'track', el('span', 'fill')), el('span', 'value'));
}

function setMeter(e, share, value) {
  const fill = e.children[1].firstChild;
  fill.style.width = Math.min(100, 100 * (share || 0)) + '%';
  classes(fill, share > 0.9 ? 'fill high' : 'fill');
  text(e.lastChild, value);
}

function makeCard(one) {
  const card = el('button', 'card', el('span', 'top', el('span', 'name'), el('span', 'state')), meter('in flight'), meter('KV in use'),
    el('span', 'line'), el('span', 'line'), el('span', 'marks'));
  card.type = 'button';
  card.setAttribute('aria-haspopup', 'dialog');
  card.addEventListener('click', () => open(one.id));
  return card;
}

function changeCard(card, one) {
  classes(card, ('card ' + look(one)).trim());
  const [top, load, kv, holds, seen, marks] = card.children;
  text(top.firstChild, one.name);
  text(top.lastChild, one.state);
  setMeter(load, one.inFlight / Math.max(8, one.peak), number(one.inFlight) + (one.waiting ? ` +${number(one.waiting)} wait` : ''));
  setMeter(kv, one.kv, percent(one.kv));
  text(holds, one.held === null ? 'holds: not known' : `holds ${number(one.held)} of ${number(one.kvTokens || null)} tokens`);
  text(seen, one.ratio === null ? 'first tokens: too few seen' : `first tokens ${times(one.ratio)} as predicted`);
  sync(marks, one.marks, m => m, m => {
    const mark = el('span', m === 'cold' || m === 'shared' ? 'mark plain' : 'mark', m);
    mark.title = MARKS[m] || '';
    return mark;
  });
  name(card, `${words(one)}; ${holds.textContent}; ${seen.textContent}`);
}

/** What somebody hears who does not see it. */
const words = one => `${one.name}: ${[one.state, ...one.marks].join(', ')}, ${one.inFlight} in flight, KV ${percent(one.kv)}`;

function name(e, value) {
  if (e.getAttribute('aria-label') !== value) e.setAttribute('aria-label', value);
}

function makeTile(one) {
  const tile = el('button', 'tile', el('span', 'level'));
  tile.type = 'button';
  tile.tabIndex = -1;
  tile.setAttribute('aria-haspopup', 'dialog');
  tile.addEventListener('click', () => open(one.id));
  return tile;
}

function changeTile(tile, one) {
  classes(tile, ('tile ' + look(one)).trim());
  if (tile.title !== words(one)) tile.title = words(one);
  name(tile, words(one));
  tile.firstChild.style.height = Math.min(100, 100 * one.inFlight / Math.max(8, one.peak)) + '%';
}

/** Of many tiles the tab key stops at one, and arrows, Home and End go on from there. */
function rove(tiles) {
  tiles.addEventListener('focusin', event => {
    for (const other of tiles.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    event.target.tabIndex = 0;
  });
  tiles.addEventListener('keydown', event => {
    const all = [...tiles.children];
    const at = all.indexOf(document.activeElement);
    const below = all.findIndex(tile => tile.offsetTop > all[0].offsetTop);
    const row = below < 0 ? all.length : below;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + row, ArrowUp: at - row, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || !all[to]) return;
    event.preventDefault();
    all[to].focus();
  });
}

function rates(of) {
  return of.rates.map(r => `${r.engine}: prefill ${number(r.prefillLearned)}/s (catalogue ${number(r.prefillBelieved)}), token `
    + `${seconds(r.tokenLearned)} (${seconds(r.tokenBelieved)}), ` + (r.samples ? `learned from ${number(r.samples)}, ± ${percent(r.error)}` : 'nothing learned yet')).join('; ');
}

function makeClass() {
  const body = el('div');
  body.setAttribute('role', 'group');
  rove(body);
  return el('div', 'class', el('div', 'class-head', el('h3'), el('span', 'facts'), el('span', 'facts')), body);
}

function changeClass(section, of) {
  const [head, body] = section.children;
  text(head.children[0], of.name);
  text(head.children[1], `${of.members.length} ${of.members.length === 1 ? 'replica' : 'replicas'} · ${percent(of.capacity)} of capacity`
    + (of.traffic === null ? '' : ` · ${percent(of.traffic)} of requests`));
  text(head.children[2], rates(of));
  const many = of.members.length > MANY;
  classes(section, many ? 'class many' : 'class');
  if (body.dataset.many !== String(many)) {
    body.replaceChildren();
    body.dataset.many = many;
    classes(body, many ? 'tiles' : 'cards');
  }
  sync(body, of.members, one => one.id, many ? makeTile : makeCard, many ? changeTile : changeCard);
  name(body, `${of.name}, ${of.members.length} ${of.members.length === 1 ? 'replica' : 'replicas'}` + (many ? '; arrow keys go from one to the next' : ''));
  if (many && !body.querySelector('[tabindex="0"]')) body.firstElementChild.tabIndex = 0;
}

/** Shows all of it. */
export function show(frame, descriptions) {
  const members = new Map();
  const before = newest;
  newest = new Map();
  for (const row of frame.endpoints) {
    const described = descriptions.get(row[0]);
    if (!described) continue;
    const one = { ...described, ...named(row) };
    const old = before.get(one.id);
    one.peak = Math.max(one.inFlight, old ? old.peak * 0.995 : 0);
    newest.set(one.id, one);
    if (!members.has(one.class)) members.set(one.class, []);
    members.get(one.class).push(one);
  }
  for (const gone of frame.draining) {
    if (!members.has(gone.class)) members.set(gone.class, []);
    members.get(gone.class).push({ id: 'gone ' + gone.name, name: gone.name, state: 'draining', inFlight: gone.inFlight, peak: gone.inFlight,
      kv: null, held: null, ratio: null, marks: [], waiting: 0 });
  }
  const shown = frame.classes.filter(c => members.has(c.name)).map(c => ({ ...c, members: members.get(c.name) }));
  shown.sort((a, b) => (b.capacity || 0) - (a.capacity || 0));
  sync($('classes'), shown, c => c.name, makeClass, changeClass);
  const out = [...newest.values()].filter(one => OUT.has(one.state)).length;
  text($('pool-count'), `${newest.size} replicas in ${shown.length} classes` + (out ? `, ${out} out` : ''));
  if (opened !== null) details();
}

function open(id) {
  opened = id;
  details();
  const dialog = $('details');
  dialog.addEventListener('close', () => { opened = null; }, { once: true });
  if (!dialog.open) dialog.showModal();
}

function details() {
  const one = newest.get(opened);
  if (!one) return;
  text($('details-title'), one.name);
  const facts = [
    ['state', [one.state, ...one.marks].join(', ')],
    ['address', one.address],
    ['runs on', `${one.devices} × ${one.product || 'hardware that nobody told'}${one.partition ? '/' + one.partition : ''}`
      + (one.sharing > 1 ? `, shared by ${one.sharing}` : '') + `, ${number(one.weight)} of an H100`],
    ['engine', one.engine + (one.version ? ' ' + one.version : '') + (one.role === 'both' ? '' : ', ' + one.role)],
    ['models', one.models.join(', ') || 'not told'],
    ['in flight', `${number(one.inFlight)} by our books, ${number(one.decoding)} of them decode; ${seconds(one.prefill)} of prefill to come`],
    ['its page says', `${number(one.running)} run, ${number(one.waiting)} wait, KV ${percent(one.kv)}, ${seconds(one.age)} ago`],
    ['holds', one.held === null ? 'not known' : `${number(one.held)} tokens of prefixes, as we believe, of ${number(one.kvTokens || null)}`],
    ['KV events', one.events],
    ['pace', `${times(one.pace)} as long as others like it`],
    ['first tokens', one.ratio === null ? 'too few seen lately' : `took ${times(one.ratio)} as long as predicted`],
    ['cache hits', one.found === null ? 'too few told lately' : `${percent(one.expected)} of prompt tokens expected, ${percent(one.found)} found`],
  ];
  sync($('details-facts'), facts.flatMap(([name, value]) => [['dt', name, name], ['dd', name, value]]), f => f[0] + f[1],
    f => el(f[0]), (e, f) => text(e, f[2] ?? '–'));
}
