// How the pool does: a table by class, and what that was over the last minutes.

import { $, el, number, percent, seconds, sync, text } from './elements.js';

const POINTS = 180;
const COLOURS = ['#2f78e0', '#d9822b', '#2e9e62', '#c2379a', '#7b5fd0', '#0f9aa8', '#a0702e', '#d1495b', '#6b7280', '#94a111'];
const names = [];
const plots = {};
const faded = { prompt: 0, expected: 0, found: 0 };

const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function colour(name) {
  if (!names.includes(name)) names.push(name);
  return COLOURS[names.indexOf(name) % COLOURS.length];
}

function figure(id, title, about) {
  const canvas = el('canvas');
  canvas.id = id;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', title + '; its newest numbers are in the table above');
  $('charts').append(el('figure', '', el('figcaption', '', title, el('span', 'soft', about)), el('div', 'plot', canvas)));
  return canvas;
}

function axes(y, type) {
  const grid = { color: css('--line') };
  const ticks = { color: css('--soft'), maxTicksLimit: 6 };
  return {
    x: { type: 'linear', grid: { display: false }, border: { color: css('--line') }, min: -POINTS, max: 0,
      ticks: { ...ticks, stepSize: 60, callback: v => v === 0 ? 'now' : `${Math.round(v / 60)} min` } },
    y: { type, grid, border: { display: false }, ticks: { ...ticks, callback: y }, ...(type === 'linear' ? { min: 0 } : {}) },
  };
}

function options(y, type) {
  return {
    animation: false, responsive: true, maintainAspectRatio: false, normalized: true,
    elements: { point: { radius: 0 }, line: { borderWidth: 2 } },
    interaction: { mode: 'nearest', intersect: false, axis: 'x' },
    plugins: {
      legend: { position: 'bottom', labels: { color: css('--ink'), boxWidth: 14, boxHeight: 2, font: { size: 11 } } },
      tooltip: { callbacks: { title: at => `${-at[0].parsed.x} s ago`, label: at => `${at.dataset.label}: ${y(at.parsed.y)}` } },
    },
    scales: axes(y, type),
  };
}

function theme() {
  for (const plot of Object.values(plots)) {
    plot.options.plugins.legend.labels.color = css('--ink');
    for (const scale of Object.values(plot.options.scales)) {
      scale.ticks.color = css('--soft');
      if (scale.grid.color) scale.grid.color = css('--line');
      if (scale.border?.color) scale.border.color = css('--line');
    }
    plot.update('none');
  }
}

/** Makes the plots. */
export function begin() {
  const Chart = window.Chart;
  const share = figure('share', 'Traffic against capacity', 'share of requests and of capacity, by class');
  plots.share = new Chart(share, {
    type: 'bar',
    data: { labels: [], datasets: [{ label: 'capacity', data: [], backgroundColor: '#8794a3' }, { label: 'requests', data: [], backgroundColor: '#2f78e0' }] },
    options: {
      animation: false, responsive: true, maintainAspectRatio: false, indexAxis: 'y',
      plugins: { legend: { position: 'bottom', labels: { color: css('--ink'), boxWidth: 14, boxHeight: 8, font: { size: 11 } } },
        tooltip: { callbacks: { label: at => `${at.dataset.label}: ${percent(at.parsed.x)}` } } },
      scales: { x: { min: 0, grid: { color: css('--line') }, ticks: { color: css('--soft'), maxTicksLimit: 6, callback: percent } },
        y: { grid: { display: false }, ticks: { color: css('--soft') } } },
    },
  });
  const line = (id, title, about, y, type) => new Chart(figure(id, title, about), { type: 'line', data: { datasets: [] }, options: options(y, type) });
  plots.ttft = line('ttft', 'Time to first token', 'p90 by class, p50 dashed; what was asked for dotted', seconds, 'logarithmic');
  plots.itl = line('itl', 'Time between tokens', 'p90 by class, p50 dashed; what was asked for dotted', seconds, 'logarithmic');
  plots.hit = line('hit', 'Cache hits', 'share of prompt tokens expected in caches, and found', percent, 'linear');
  plots.hit.options.scales.y.max = 1;
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', theme);
}

function push(plot, label, value, look) {
  let set = plot.data.datasets.find(d => d.label === label);
  if (!set) {
    if (!Number.isFinite(value)) return;
    set = { label, data: [], spanGaps: false, ...look };
    plot.data.datasets.push(set);
  }
  set.told = true;
  set.data.push({ x: 0, y: Number.isFinite(value) ? value : null });
}

function advance(plot, seconds) {
  for (const set of plot.data.datasets) {
    set.told = false;
    for (const point of set.data) point.x -= seconds;
    while (set.data.length && set.data[0].x < -POINTS) set.data.shift();
  }
}

function finish(plot) {
  plot.data.datasets = plot.data.datasets.filter(set => set.told || set.data.some(point => point.y !== null));
  plot.update('none');
}

function byClass(frame) {
  const table = $('by-class');
  if (!table.tHead) {
    const head = el('tr');
    for (const title of ['class', 'replicas', 'capacity', 'requests', 'prompt tokens', 'TTFT p50', 'TTFT p90', 'ITL p50', 'ITL p90', 'SLO met', 'prediction error']) {
      const th = el('th', '', title);
      th.scope = 'col';
      head.append(th);
    }
    table.append(el('thead', '', head), el('tbody'));
  }
  const sorted = [...frame.classes].sort((a, b) => (b.capacity || 0) - (a.capacity || 0));
  sync(table.tBodies[0], sorted, c => c.name, () => {
    const row = el('tr');
    for (let i = 0; i < 11; i++) row.append(el('td'));
    return row;
  }, (row, c) => {
    const error = c.rates.map(r => r.error).filter(e => e !== null);
    const slo = c.slo ? `${percent(c.slo.met / Math.max(1, c.slo.told))} of ${number(c.slo.told)}` : 'none told';
    const values = [c.name, number(c.endpoints), percent(c.capacity), percent(c.traffic), percent(c.tokens), seconds(c.ttft50), seconds(c.ttft90),
      seconds(c.itl50), seconds(c.itl90), slo, error.length ? '± ' + percent(Math.max(...error)) : '–'];
    values.forEach((value, i) => text(row.cells[i], value));
  });
}

let last = 0;

/** A second later. */
export function show(frame) {
  byClass(frame);
  const step = last ? Math.min(POINTS, Math.max(0.5, (frame.t - last) / 1000)) : 1;
  last = frame.t;
  const shares = plots.share;
  const sorted = [...frame.classes].sort((a, b) => (b.capacity || 0) - (a.capacity || 0)).slice(0, 12);
  shares.data.labels = sorted.map(c => c.name);
  shares.data.datasets[0].data = sorted.map(c => c.capacity);
  shares.data.datasets[1].data = sorted.map(c => c.traffic);
  shares.update('none');
  for (const plot of [plots.ttft, plots.itl, plots.hit]) advance(plot, step);
  for (const c of sorted) {
    const look = { borderColor: colour(c.name), backgroundColor: colour(c.name) };
    push(plots.ttft, c.name, c.ttft90 ?? NaN, look);
    push(plots.ttft, c.name + ' p50', c.ttft50 ?? NaN, { ...look, borderDash: [5, 4], borderWidth: 1.2 });
    push(plots.itl, c.name, c.itl90 ?? NaN, look);
    push(plots.itl, c.name + ' p50', c.itl50 ?? NaN, { ...look, borderDash: [5, 4], borderWidth: 1.2 });
    if (c.slo) {
      push(plots.ttft, 'asked of ' + c.name, c.slo.ttft ?? NaN, { ...look, borderDash: [1, 4], borderWidth: 1.5 });
      push(plots.itl, 'asked of ' + c.name, c.slo.tpot ?? NaN, { ...look, borderDash: [1, 4], borderWidth: 1.5 });
    }
  }
  for (const key of Object.keys(faded)) faded[key] = 0.97 * faded[key] + frame.flow[key];
  const told = faded.prompt >= 1;
  push(plots.hit, 'expected', told ? faded.expected / faded.prompt : NaN, { borderColor: '#8794a3', backgroundColor: '#8794a3', borderDash: [5, 4] });
  push(plots.hit, 'found', told ? faded.found / faded.prompt : NaN, { borderColor: '#2f78e0', backgroundColor: '#2f78e0' });
  for (const plot of [plots.ttft, plots.itl, plots.hit]) {
    // p50 is explained above the plot and needs no entry of its own
    plot.options.plugins.legend.labels.filter = item => !item.text.endsWith(' p50') && !item.text.startsWith('asked of');
    finish(plot);
  }
}
