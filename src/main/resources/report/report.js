'use strict';
(() => {
  const report = JSON.parse(document.getElementById('report').textContent);
  const colours = ['#1f5fbf', '#d1495b', '#2e8b57', '#e08e0b', '#7b4fb5', '#0f9aa8', '#8a5a2b', '#c2379a', '#6b7280', '#94a111'];
  const shown = new Set();
  let cell = report.cells[0];
  const charts = {};

  const $ = id => document.getElementById(id);
  const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const element = (name, text, className) => {
    const e = document.createElement(name);
    if (text !== undefined) e.textContent = text;
    if (className) e.className = className;
    return e;
  };

  /** Three digits that count. */
  const number = v => {
    if (v === null || v === undefined || !Number.isFinite(v)) return '–';
    const size = Math.abs(v);
    return size === 0 || size >= 100 ? v.toFixed(0) : size >= 10 ? v.toFixed(1) : size >= 1 ? v.toFixed(2) : v.toFixed(3);
  };
  const arms = report.arms;
  const colour = arm => colours[arms.indexOf(arm) % colours.length];
  const dash = arm => [[], [6, 3], [2, 2], [8, 3, 2, 3]][Math.floor(arms.indexOf(arm) / colours.length) % 4];
  const figure = (arm, key) => (arm.figures[key] || [null])[0];

  function valueCell(triple, scale, digitsOfRange) {
    const td = element('td');
    const [value, low, high] = triple || [null];
    td.append(number(value === null ? null : value * scale));
    if (digitsOfRange && low !== null && low !== undefined && high !== low) {
      td.append(' ', element('span', `[${number(low * scale)}, ${number(high * scale)}]`, 'range'));
    }
    if (value !== null && value !== undefined) td.dataset.value = value * scale;
    return td;
  }

  /** Whether an interval lies on one side of a value, and on which is better. */
  function verdict(triple, even, lessIsBetter) {
    if (!triple || triple[0] === null || triple[1] === null || triple[1] === undefined) return '';
    if (triple[1] > even) return lessIsBetter ? 'bad' : 'good';
    if (triple[2] < even) return lessIsBetter ? 'good' : 'bad';
    return '';
  }

  function head(table, titles) {
    const row = element('tr');
    titles.forEach(t => row.append(element('th', t)));
    const thead = element('thead');
    thead.append(row);
    table.append(thead);
  }

  function overview() {
    if (report.cells.length < 2) {
      $('overview-section').hidden = true;
      return;
    }
    const measure = report.overview;
    $('overview-about').textContent = measure.about;
    const table = $('overview');
    head(table, ['cell', ...arms]);
    const body = element('tbody');
    for (const c of report.cells) {
      const row = element('tr');
      row.append(element('td', c.label));
      for (const name of arms) {
        const arm = c.arms.find(a => a.name === name);
        if (!arm) {
          row.append(element('td', '–'));
        } else if (name === report.baseline || !report.compared.length) {
          const td = valueCell(arm.figures[measure.key], 1, false);
          td.append(element('span', measure.unit, 'range'));
          row.append(td);
        } else {
          const versus = (arm.versus || {})[measure.key];
          const td = valueCell(versus, 1, false);
          td.className = verdict(versus, 1, true);
          row.append(td);
        }
      }
      row.addEventListener('click', () => { choose(c); $('choice').scrollIntoView(); });
      row.dataset.cell = c.label;
      body.append(row);
    }
    table.append(body);
  }

  function choosers() {
    for (const facet of report.facets) {
      const values = [...new Set(report.cells.map(c => c.facets[facet]))];
      const label = element('label', facet);
      const select = element('select');
      select.id = 'facet-' + facet;
      values.forEach(v => select.append(new Option(v, v)));
      select.addEventListener('change', () => {
        const wanted = Object.fromEntries(report.facets.map(f => [f, $('facet-' + f).value]));
        const fits = c => report.facets.every(f => c.facets[f] === wanted[f]);
        choose(report.cells.find(fits) || report.cells.find(c => c.facets[facet] === wanted[facet]));
      });
      label.append(select);
      $('choice').append(label);
    }
  }

  function chips() {
    const some = $('chips');
    some.replaceChildren();
    for (const name of arms) {
      const label = element('label');
      const box = element('input');
      box.type = 'checkbox';
      box.checked = shown.has(name);
      box.dataset.arm = name;
      box.addEventListener('change', () => {
        if (box.checked) shown.add(name); else shown.delete(name);
        draw();
      });
      const patch = element('i');
      patch.style.background = colour(name);
      label.append(box, patch, name);
      some.append(label);
    }
  }

  function armTable() {
    const table = $('arms');
    table.replaceChildren();
    const columns = report.columns.filter(c => cell.arms.some(a => (a.figures[c.key] || [null])[0] !== null));
    const compared = report.compared.filter(c => cell.arms.some(a => a.versus && a.versus[c.key]));
    const lead = columns.filter(c => c.lead);
    const rest = columns.filter(c => !c.lead);
    head(table, ['arm', 'runs', ...[...lead, ...compared, ...rest].map(c => c.title)]);
    const body = element('tbody');
    for (const arm of cell.arms) {
      const row = element('tr', undefined, arm.name === report.baseline ? 'base' : '');
      row.dataset.arm = arm.name;
      const name = element('td', arm.name);
      name.title = arm.source || '';
      row.append(name, element('td', String(arm.runs)));
      const figures = some => some.forEach(c => {
        const td = valueCell(arm.figures[c.key], c.scale, c.range);
        td.dataset.figure = c.key;
        row.append(td);
      });
      figures(lead);
      compared.forEach(c => {
        const versus = (arm.versus || {})[c.key];
        const td = valueCell(versus, c.scale, true);
        td.className = verdict(versus, c.even, c.less);
        td.dataset.versus = c.key;
        row.append(td);
      });
      figures(rest);
      body.append(row);
    }
    table.append(body);
  }

  const axis = (title, extra) => ({
    title: { display: true, text: title, color: css('--soft') },
    ticks: { color: css('--soft') },
    grid: { color: css('--line') },
    ...extra,
  });
  const seconds = (title, extra) => axis(title, {
    type: 'logarithmic',
    ...extra,
    ticks: { color: css('--soft'), maxRotation: 0, autoSkipPadding: 18, callback: v => /^[125]/.test(String(v).replace(/^0\.0*/, '')) ? v : '' },
  });
  const line = arm => ({
    label: arm.name,
    borderColor: colour(arm.name),
    backgroundColor: colour(arm.name),
    borderDash: dash(arm.name),
    borderWidth: arm.name === report.baseline ? 3 : 1.6,
    pointRadius: 0,
    pointHitRadius: 6,
  });
  const points = rows => rows.filter(r => r[0] !== null && r[1] !== null).map(r => ({ x: r[0], y: r[1] }));
  const lines = (key, visible) => visible.filter(a => a[key] && a[key].length).map(a => ({ ...line(a), data: points(a[key]) }));

  /** All plots: what each is called, says and is made of. */
  const plots = [
    {
      id: 'ttft', title: 'Time to the first token', about: 'Share of requests whose first token came within so many seconds.',
      make: visible => ({
        type: 'line', data: { datasets: lines('ttftCdf', visible) },
        scales: { x: seconds('seconds'), y: axis('% of requests', { min: 0, max: 100 }) },
      }),
    },
    {
      id: 'e2e', title: 'Time to the last token', about: 'Share of requests that were answered in full within so many seconds.',
      make: visible => ({
        type: 'line', data: { datasets: lines('e2eCdf', visible) },
        scales: { x: seconds('seconds'), y: axis('% of requests', { min: 0, max: 100 }) },
      }),
    },
    {
      id: 'hit', title: 'Hit share over time', about: 'Prompt tokens found in caches, as a share of what one cache of endless size would have had.',
      make: visible => ({
        type: 'line', data: { datasets: lines('hit', visible) },
        scales: { x: axis('seconds from the start', { type: 'linear' }), y: axis('% of ideal', { min: 0 }) },
      }),
    },
    {
      id: 'replicas', title: 'Load by replica', about: 'Share of requests that each replica got.',
      make: visible => ({
        type: 'bar',
        data: { labels: cell.replicas || [], datasets: visible.filter(a => a.replicas && a.replicas.length).map(a => ({ ...line(a), borderWidth: 0, data: a.replicas })) },
        scales: { x: axis('', {}), y: axis('% of requests', { min: 0 }) },
      }),
    },
    {
      id: 'picks', title: 'Picks by class', about: 'Share of requests by hardware class.',
      make: visible => stacked(visible, 'picks', '% of requests', { max: 100 }),
    },
    {
      id: 'busy', title: 'Seconds of each class', about: 'Seconds that the replicas of each hardware class computed.',
      make: visible => stacked(visible, 'busy', 'replica seconds'),
    },
    {
      id: 'regret', title: 'What decisions cost', about: 'Share of decisions that cost at most so many seconds more than the informed greedy’s choice, by what was known then.',
      make: visible => ({
        type: 'line', data: { datasets: lines('regret', visible) },
        scales: { x: axis('seconds', { type: 'linear' }), y: axis('% of decisions', { min: 0, max: 100 }) },
      }),
    },
    {
      id: 'calibration', title: 'Predictions', about: 'Predicted and actual seconds to the first token of some requests; on the line they are equal.',
      make: visible => {
        const some = visible.filter(a => a.calibration && a.calibration.length);
        const all = some.flatMap(a => a.calibration.flat()).filter(v => v > 0);
        const ends = all.length ? [Math.min(...all), Math.max(...all)] : [];
        return {
          type: 'scatter',
          data: {
            datasets: some.map(a => ({ ...line(a), pointRadius: 2, showLine: false, data: points(a.calibration) }))
              .concat(some.length ? [{ label: 'equal', data: ends.map(v => ({ x: v, y: v })), showLine: true, pointRadius: 0, borderColor: css('--soft'), borderDash: [4, 4], borderWidth: 1 }] : []),
          },
          scales: { x: seconds('predicted seconds'), y: seconds('actual seconds') },
        };
      },
    },
  ];

  function stacked(visible, key, title, extra) {
    const some = visible.filter(a => a[key]);
    const classes = [...new Set(some.flatMap(a => Object.keys(a[key])))];
    return {
      type: 'bar',
      data: {
        labels: some.map(a => a.name),
        datasets: classes.map((c, i) => ({ label: c, backgroundColor: colours[i % colours.length], data: some.map(a => a[key][c] || 0) })),
      },
      scales: { x: axis('', { stacked: true }), y: axis(title, { stacked: true, min: 0, ...extra }) },
    };
  }

  function draw() {
    const visible = cell.arms.filter(a => shown.has(a.name));
    for (const plot of plots) {
      const made = plot.make(visible);
      const empty = !made.data.datasets.some(d => d.data.length);
      let box = $('plot-' + plot.id);
      if (!box) {
        box = element('figure');
        box.id = 'plot-' + plot.id;
        const canvas = element('canvas');
        canvas.id = plot.id;
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', plot.title + ': ' + plot.about);
        const holder = element('div', undefined, 'plot');
        holder.append(canvas);
        box.append(element('h3', plot.title), holder, element('figcaption', plot.about));
        $('charts').append(box);
      }
      box.hidden = empty;
      if (charts[plot.id]) charts[plot.id].destroy();
      delete charts[plot.id];
      if (empty) continue;
      charts[plot.id] = new Chart($(plot.id), {
        type: made.type,
        data: made.data,
        options: {
          animation: false,
          responsive: true,
          maintainAspectRatio: false,
          scales: made.scales,
          plugins: { legend: { position: 'bottom', labels: { boxWidth: 14, color: css('--ink'), font: { size: 11 } } } },
        },
      });
    }
  }

  function choose(next) {
    cell = next;
    report.facets.forEach(f => { $('facet-' + f).value = cell.facets[f]; });
    $('offered').textContent = cell.about;
    document.querySelectorAll('#overview tbody tr').forEach(r => r.classList.toggle('chosen', r.dataset.cell === cell.label));
    armTable();
    draw();
  }

  /** Of many arms, the baseline and the five with the shortest times. */
  function select() {
    const others = report.cells[0].arms.filter(a => a.name !== report.baseline)
      .sort((a, b) => (figure(a, report.overview.key) ?? Infinity) - (figure(b, report.overview.key) ?? Infinity));
    shown.add(report.baseline);
    (arms.length <= 6 ? others : others.slice(0, 5)).forEach(a => shown.add(a.name));
  }

  document.title = report.title;
  $('title').textContent = report.title;
  $('question').textContent = report.question;
  $('notes').textContent = report.notes;
  $('arms-about').textContent = report.about;
  select();
  overview();
  choosers();
  chips();
  choose(cell);
  const resize = () => Object.values(charts).forEach(c => c.resize());
  window.addEventListener('beforeprint', resize);
  window.addEventListener('afterprint', resize);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  document.body.dataset.ready = 'yes';
})();
