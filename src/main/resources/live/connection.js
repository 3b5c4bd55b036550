// Talks to the port that the page came from, under whatever prefix it came by. The token, where one is needed, is kept for
// this tab and sent in a header: that is why the stream is read by fetch and not by EventSource, which can send none.

const BASE = new URL('.', location.href);
const KEY = 'kvasir-token';
const SILENCE_MS = 8000;
const HIDDEN_MS = 30000;

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function hasToken() {
  return sessionStorage.getItem(KEY) !== null;
}

export function setToken(token) {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}

/** Asks; throws Refused where the answer is no success. */
export async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  const token = sessionStorage.getItem(KEY);
  if (token) headers.set('authorization', 'Bearer ' + token);
  const answer = await fetch(new URL(path, BASE), { ...options, headers, cache: 'no-store', credentials: 'same-origin' });
  if (!answer.ok) {
    const said = await answer.text();
    let message = said;
    try {
      message = JSON.parse(said).error.message;
    } catch {
      // plain text will do
    }
    throw new Refused(answer.status, message.slice(0, 300) || answer.statusText);
  }
  return answer;
}

const pause = ms => new Promise(done => setTimeout(done, ms));

/** Reads server-sent events of one answer until it ends or nothing comes any more. */
async function read(answer, abort, each) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let timer = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), SILENCE_MS);
      const events = (rest + value).split(/\r?\n\r?\n/);
      rest = events.pop();
      for (const event of events) {
        const data = event.split(/\r?\n/).filter(line => line.startsWith('data:')).map(line => line.slice(5)).join('\n');
        if (data) each(JSON.parse(data));
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Follows the stream for ever: comes again where it ends, waits a little longer each time where it cannot, and does not ask
 * while nobody looks at the tab.
 *
 * @param on begun(), frame(f), lost(why), denied(refusal) which resolves when there is another token, resting()
 */
export async function follow(on) {
  let wait = 0;
  for (;;) {
    if (document.hidden) {
      on.resting();
      await new Promise(done => document.addEventListener('visibilitychange', done, { once: true }));
      continue;
    }
    const abort = new AbortController();
    let hidden;
    const watch = () => {
      clearTimeout(hidden);
      if (document.hidden) hidden = setTimeout(() => abort.abort(), HIDDEN_MS);
    };
    document.addEventListener('visibilitychange', watch);
    try {
      await on.begun();
      const answer = await ask('api/live/stream', { headers: { accept: 'text/event-stream' }, signal: abort.signal });
      await read(answer, abort, frame => {
        wait = 0;
        on.frame(frame);
      });
    } catch (e) {
      if (e instanceof Refused && (e.status === 401 || e.status === 403)) {
        await on.denied(e);
        wait = 0;
        continue;
      }
      if (!document.hidden) on.lost(e instanceof Refused ? e.message : 'the router cannot be reached');
      wait = Math.min(5000, wait ? 2 * wait : 500);
    } finally {
      clearTimeout(hidden);
      document.removeEventListener('visibilitychange', watch);
    }
    await pause(wait || 50);
  }
}
