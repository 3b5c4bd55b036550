// What waits, by band and tenant, where requests may wait at all.

import { $, el, number, percent, seconds, sync, text } from './elements.js';

const BANDS = [['priority', b => String(b.priority)], ['wait now', b => number(b.waiting)], ['oldest waits', b => seconds(b.oldest)],
  ['at most', b => seconds(b.bound)], ['in flight', b => number(b.inFlight)], ['let in at once', b => number(b.atOnce)],
  ['after a wait', b => number(b.waited)], ['refused', b => number(b.refused)], ['expired', b => number(b.expired)], ['evicted', b => number(b.evicted)]];
const TENANTS = [['tenant', t => t.tenant || '(none named)'], ['priority', t => String(t.priority)], ['wait now', t => number(t.waiting)],
  ['oldest waits', t => seconds(t.oldest)], ['in flight', t => number(t.inFlight)], ['share of service', t => percent(t.share)], ['entitled to', t => percent(t.entitled)]];
const CLASSES = [['class', c => c.hardware], ['could start soon', c => `${c.free} of ${c.endpoints}`], ['the least busy starts in', c => seconds(c.start)]];

function table(key, caption) {
  const e = el('table', '', el('caption', '', caption));
  e.dataset.key = key;
  return e;
}

function show1(parent, columns, rows, id) {
  if (!parent.tHead) {
    const head = el('tr');
    for (const [title] of columns) {
      const th = el('th', '', title);
      th.scope = 'col';
      head.append(th);
    }
    parent.append(el('thead', '', head), el('tbody'));
  }
  parent.hidden = rows.length === 0;
  sync(parent.tBodies[0], rows, id, () => {
    const row = el('tr');
    for (let i = 0; i < columns.length; i++) row.append(el('td'));
    return row;
  }, (row, one) => columns.forEach(([, value], i) => text(row.cells[i], value(one))));
}

/** Shows it; nothing where nothing may wait. */
export function show(queue) {
  $('queue-section').hidden = !queue;
  if (!queue) return;
  const box = $('queue');
  if (!box.firstChild) box.append(table('bands', 'by priority'), table('tenants', 'by tenant, those with most service'), table('classes', 'by hardware'));
  text($('queue-count'), `${number(queue.waiting)} wait, ${number(queue.tokens)} prompt tokens` + (queue.waiting ? `; fairness ${percent(queue.fairness)}` : ''));
  const [bands, tenants, classes] = box.children;
  show1(bands, BANDS, queue.bands, b => b.priority);
  show1(tenants, TENANTS, queue.tenants, t => t.priority + ' ' + t.tenant);
  show1(classes, CLASSES, queue.classes, c => c.hardware);
}
