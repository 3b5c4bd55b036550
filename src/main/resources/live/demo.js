// In the demo only: faults of the simulated replicas, to switch on and off.

import { ask } from './connection.js';
import { $, el, sync, text } from './elements.js';

async function change(replica, fault, select) {
  try {
    const answer = await ask('api/demo/faults', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ replica, fault }),
    });
    text($('demo-said'), (await answer.json()).said);
    if (fault === 'restart') select.value = 'none';
  } catch (e) {
    text($('demo-said'), 'Not changed: ' + e.message);
  }
}

/** Shows the switches where this is the demo. */
export async function show(demo) {
  $('demo').hidden = !demo;
  if (!demo) return;
  // again and again: others switch too, and a server that was started anew has none on
  const state = await (await ask('api/demo')).json();
  sync($('faults'), state.replicas, r => r.name, replica => {
    const select = el('select');
    for (const fault of state.faults) {
      const option = el('option', '', fault.words);
      option.value = fault.name;
      select.append(option);
    }
    select.addEventListener('change', () => change(replica.name, select.value, select));
    return el('label', '', replica.name, select);
  }, (label, replica) => {
    // a restart is over by itself
    label.lastChild.value = replica.fault === 'restart' ? 'none' : replica.fault;
  });
}
