// The live page: what comes from the stream goes to the panels.

import { ask, follow, hasToken, setToken } from './connection.js';
import { $, classes, el, number, seconds, sync, text } from './elements.js';
import * as pool from './pool.js';
import * as charts from './charts.js';
import * as decisions from './decisions.js';
import * as findings from './findings.js';
import * as explain from './explain.js';
import * as demo from './demo.js';
import * as queue from './queue.js';

const state = { version: -1, endpoints: new Map(), fetched: 0 };

function status(name, words) {
  classes($('status'), name);
  text($('status'), words);
}

/** What changes seldom is fetched, not streamed. */
async function picture() {
  const got = await (await ask('api/live')).json();
  if (state.run && state.run !== got.run) decisions.forget();
  state.run = got.run;
  state.version = got.pool;
  state.fetched = Date.now();
  state.endpoints = new Map(got.endpoints.map(e => [e.id, e]));
  text($('decides'), 'policy ' + got.decides);
  $('panels').hidden = false;
  explain.suggest(got.endpoints);
  decisions.add(got.decisions);
  await demo.show(got.demo);
}

const smooth = {};

/** A rate that a second without ends does not make 0. */
function rate(name, value) {
  const before = smooth[name] ?? value;
  smooth[name] = 0.7 * before + 0.3 * value;
  return smooth[name] >= 9.95 ? number(Math.round(smooth[name])) : smooth[name] < 0.05 ? '0' : smooth[name].toFixed(1);
}

function flow(frame) {
  const inFlight = frame.endpoints.reduce((all, row) => all + row[2], 0);
  const refused = rate('refused', frame.flow.refused);
  const facts = [['requests/s', rate('ended', frame.flow.ended)], ['in flight', number(inFlight)], ['failed/s', rate('failed', frame.flow.failed)],
    ...(refused === '0' ? [] : [['refused/s', refused]]),
    ['prompt tokens/s', rate('prompt', frame.flow.promptTokens)], ['output tokens/s', rate('output', frame.flow.outputTokens)]];
  sync($('flow'), facts, f => f[0], f => el('div', '', el('dt', '', f[0]), el('dd')), (e, f) => text(e.lastChild, f[1]));
}

function shown(frame) {
  status('live', 'live');
  if (frame.pool !== state.version || Date.now() - state.fetched > 30000) {
    state.fetched = Date.now();
    picture().catch(() => { state.version = -1; });
  }
  flow(frame);
  pool.show(frame, state.endpoints);
  charts.show(frame);
  queue.show(frame.queue);
  findings.show(frame.findings);
  decisions.add(frame.decisions);
  decisions.ended(frame.ends);
  decisions.refused(frame.flow.refused, frame.refusals);
  text($('viewers'), frame.viewers === 1 ? 'One viewer.' : frame.viewers + ' viewers.');
  document.body.dataset.frames = String(1 + Number(document.body.dataset.frames || 0));
}

/** Resolves when there is another token to try. */
function token(refusal) {
  status('lost', refusal.status === 401 ? 'a token is needed' : 'not allowed');
  const form = $('token-form');
  $('panels').hidden = true;
  form.hidden = false;
  if (hasToken()) {
    text($('token-why'), 'That token does not do: ' + refusal.message + '.');
    setToken(null);
  }
  $('token').focus();
  return new Promise(done => {
    form.addEventListener('submit', event => {
      event.preventDefault();
      setToken($('token').value.trim());
      $('token').value = '';
      form.hidden = true;
      done();
    }, { once: true });
  });
}

decisions.begin();
explain.begin();
charts.begin();
follow({
  begun: async () => {
    await picture();
  },
  frame: shown,
  lost: why => status('lost', why + '; trying again'),
  denied: token,
  resting: () => status('connecting', 'resting while nobody looks'),
});
document.body.dataset.ready = 'yes';
