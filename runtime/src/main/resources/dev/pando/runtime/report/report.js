'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const c = data.curves;
  const n = c.at.length;
  const $ = id => document.getElementById(id);
  const make = (name, text, cls) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (cls) element.className = cls;
    return element;
  };

  // ---- numbers and times in words ---------------------------------------------------------------------------------
  const digits = (x, most) => Number.isFinite(x) ? x.toLocaleString('en', {maximumFractionDigits: most}) : '–';
  const loss = x => Number.isFinite(x) ? x.toFixed(x < 10 ? 3 : 2) : '–';
  const rate = x => x >= 10000 ? digits(x / 1000, 1) + 'k' : digits(x, x < 100 ? 1 : 0);
  const small = x => x === 0 ? '0' : Math.abs(x) < 0.001 ? (+x.toPrecision(3)).toExponential().replace('e-', 'e−') : String(+x.toPrecision(3));
  const span = s => {
    if (!Number.isFinite(s)) return '–';
    if (s < 0.995) return Math.max(1, Math.round(s * 1000)) + ' ms';
    if (s < 59.5) return (s < 10 ? s.toFixed(1) : Math.round(s)) + ' s';
    const minutes = Math.round(s / 60), r = Math.round(s);
    if (r < 3600) return Math.floor(r / 60) + ' min' + (r % 60 ? ' ' + r % 60 + ' s' : '');
    return Math.floor(minutes / 60) + ' h' + (minutes % 60 ? ' ' + minutes % 60 + ' min' : '');
  };
  const clock = s => {
    const r = Math.max(0, s), h = Math.floor(r / 3600), m = Math.floor(r % 3600 / 60), sec = Math.floor(r % 60);
    const two = x => String(x).padStart(2, '0');
    return h ? h + ':' + two(m) + ':' + two(sec) : m + ':' + two(sec);
  };
  const median = xs => {
    const sorted = xs.filter(x => x > 0).sort((a, b) => a - b);
    return sorted.length ? sorted[sorted.length >> 1] : NaN;
  };

  // ---- head -------------------------------------------------------------------------------------------------------
  const faults = data.incidents.filter(i => i.kind === 'fault');
  const survived = faults.filter(i => Number.isFinite(+i.committed));
  const pauses = survived.map(i => i.committed - i.before).filter(Number.isFinite);
  const usual = median(c.at.map((t, i) => i ? t - c.at[i - 1] : 0));
  const duration = data.sessions.reduce((sum, s) => sum + s.to - s.from, 0);
  $('name').textContent = data.name;
  $('outcome').textContent = data.outcome;
  $('outcome').classList.add(data.outcome);
  $('sentence').textContent = data.sentence;
  if (data.begun) {
    $('begun').textContent = 'Begun ' + new Date(data.begun).toLocaleString('en', {dateStyle: 'long', timeStyle: 'short'})
      + (data.sessions.length > 1 ? ', resumed ' + (data.sessions.length > 2 ? data.sessions.length - 1 + ' times' : 'once') : '');
  }
  $('config').textContent = data.config;
  $('hash').textContent = data.hash ? 'hash ' + data.hash : '';
  $('versions').textContent = data.versions;

  const tile = (label, value, note) => {
    const box = make('div', undefined, 'tile');
    box.append(make('span', label));
    const b = make('b');
    value.forEach((part, i) => b.append(i % 2 ? make('small', part) : document.createTextNode(part)));
    box.append(b, make('em', note || '\u00a0'));
    $('tiles').append(box);
  };
  if (n) {
    const last = Math.min(10, n), tail = c.loss.slice(n - last).reduce((a, b) => a + b, 0) / last;
    tile('Loss', [loss(c.loss[0]), ' → ', loss(c.loss[n - 1])], 'mean of the last ' + last + ': ' + loss(tail));
    tile('Steps committed', [digits(c.step[n - 1] + 1, 0)], 'in ' + span(duration));
    tile('Throughput', [rate(median(c.tokensPerSecond)), ' tokens/s'], 'median of all steps');
    tile('Faults survived', [String(survived.length), survived.length < faults.length ? ' of ' + faults.length : ''],
      data.redone ? digits(data.redone, 0) + (data.redone === 1 ? ' committed step redone' : ' committed steps redone')
        : faults.length ? 'no committed step redone' : 'none befell it');
    if (pauses.length) {
      tile('A fault’s step took', [span(median(pauses))],
        (pauses.length > 1 ? 'at most ' + span(Math.max(...pauses)) + '; ' : '') + 'other steps ' + span(usual));
    }
  }

  // ---- incidents --------------------------------------------------------------------------------------------------
  const rows = [];
  {
    const box = $('incidents');
    box.append(make('h2', 'Faults and recoveries'));
    if (!data.incidents.length) {
      box.append(make('p', 'Nothing went wrong. Had something, the curve above would still have every bit that it has.', 'none'));
    } else {
      const table = make('table'), head = make('tr');
      [['', ''], ['when', 'number'], ['step', 'number'], ['what happened, and what was done', ''], ['commit to commit', 'number'], ['of that, once noticed', 'number'], ['rejoined after', 'number']]
        .forEach(([text, cls]) => head.append(make('th', text, cls)));
      table.append(head);
      table.classList.add('cards');
      data.incidents.forEach((incident, i) => {
        const row = make('tr'), story = make('td');
        const mark = make('td');
        mark.append(make('span', String(i + 1), 'no ' + incident.kind));
        story.append(make('div', incident.what));
        if (incident.actions.length) {
          const list = make('ul', undefined, 'steps');
          incident.actions.forEach(action => list.append(make('li', action)));
          story.append(list);
        }
        row.append(mark, make('td', clock(incident.at), 'number'), make('td', String(incident.step), 'number'), story,
          make('td', span(incident.committed - incident.before), 'number'), make('td', span(incident.committed - incident.at), 'number'), make('td', span(incident.rejoined - incident.at), 'number'));
        [...row.children].forEach((cell, column) => { cell.dataset.label = head.children[column].textContent; });
        row.addEventListener('mouseenter', () => light(i));
        row.addEventListener('mouseleave', () => light(-1));
        rows.push(row);
        table.append(row);
      });
      box.append(table);
    }
  }

  // ---- samples ----------------------------------------------------------------------------------------------------
  if (data.samples.length) {
    const box = $('samples');
    box.hidden = false;
    box.append(make('h2', 'What the model writes'));
    data.samples.forEach(sample => {
      const quote = make('div', undefined, 'sample'), pre = make('pre');
      pre.append(make('b', sample.prompt), document.createTextNode(sample.text));
      quote.append(pre);
      box.append(quote);
    });
  }

  // ---- chart ------------------------------------------------------------------------------------------------------
  const NS = 'http://www.w3.org/2000/svg';
  const svg = (name, attributes, text) => {
    const element = document.createElementNS(NS, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const RIGHT = 14, TOP = 26, GAP = 34, LANE = 19, LANE_GAP = 4;
  let LEFT = 62; // room for names beside the plot
  let mode = 'time', scale = 'linear', view = null, lit = -1;
  const half = n < 80 ? 0 : Math.round(n / 80); // on either side, so that the mean does not lag behind the curve
  const mean = (() => {
    const out = new Array(n);
    let sum = 0, count = 0, from = 0, to = 0;
    const take = (i, sign) => { if (Number.isFinite(c.loss[i])) { sum += sign * c.loss[i]; count += sign; } };
    for (let i = 0; i < n; i++) { // at the ends over what there is, so that the curve does not jump to a single step
      while (to <= i + half && to < n) take(to++, 1);
      while (from < i - half) take(from++, -1);
      out[i] = sum / count;
    }
    return out;
  })();

  const stepAt = t => { // committed steps are known; between two of them a moment lies between their numbers
    if (!n) return 0;
    let low = 0, high = n - 1;
    if (t <= c.at[0]) return c.step[0];
    if (t >= c.at[high]) return c.step[high];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (c.at[middle] <= t) low = middle; else high = middle;
    }
    const width = c.at[high] - c.at[low];
    return c.step[low] + (width > 0 ? (t - c.at[low]) / width : 0) * (c.step[high] - c.step[low]);
  };
  const end = Math.max(n ? c.at[n - 1] : 0, data.sessions.length ? data.sessions[data.sessions.length - 1].to : 0);
  const position = t => mode === 'time' ? t : stepAt(t);
  const whole = () => mode === 'time' ? [0, end || 1] : [n ? c.step[0] : 0, n > 1 ? c.step[n - 1] : 1];

  const niceStep = (range, count) => {
    const raw = range / count, power = Math.pow(10, Math.floor(Math.log10(raw))), f = raw / power;
    return (f < 1.5 ? 1 : f < 3.5 ? 2 : f < 7.5 ? 5 : 10) * power;
  };
  const ticks = (low, high, count) => {
    if (!(high > low)) return [low];
    const step = niceStep(high - low, count), out = [];
    for (let x = Math.ceil(low / step) * step; x <= high + step * 1e-9; x += step) out.push(+x.toPrecision(12));
    return out;
  };
  const timeTicks = (low, high, count) => {
    const raw = (high - low) / count;
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400].find(s => s >= raw)
      || Math.ceil(raw / 86400) * 86400;
    const out = [];
    for (let x = Math.ceil(low / step) * step; x <= high; x += step) out.push(+x.toPrecision(12));
    return out;
  };
  const logTicks = (low, high) => {
    const out = [];
    for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) {
      [1, 1.5, 2, 3, 5, 7].forEach(f => { const x = f * Math.pow(10, p); if (x >= low && x <= high) out.push(+x.toPrecision(3)); });
    }
    return out;
  };

  let hover = null;
  function draw() {
    const host = $('chart');
    const width = Math.max(240, host.clientWidth), letters = Math.floor(Math.max(62, width * 0.28) / 6.4) - 2;
    LEFT = Math.max(62, ...data.lanes.map(lane => short(lane.device, letters).length * 6.4 + 14));
    const plot = width - LEFT - RIGHT;
    const panels = [
      {key: 'loss', title: 'Loss', unit: 'nats a token' + (half ? '; thin: each step, bold: mean of ' + (2 * half + 1) : ''), height: 230, values: c.loss, format: loss},
      {key: 'gradNorm', title: 'Gradient norm', unit: 'before clipping', height: 84, values: c.gradNorm, format: small, zero: true},
      {key: 'learningRate', title: 'Learning rate', unit: '', height: 64, values: c.learningRate, format: small, zero: true},
      {key: 'tokensPerSecond', title: 'Throughput', unit: 'tokens/s', height: 84, values: c.tokensPerSecond, format: rate, zero: true},
    ];
    const [x0, x1] = view || whole();
    const X = v => LEFT + (v - x0) / (x1 - x0) * plot;
    const inside = v => v >= x0 && v <= x1;
    const xs = mode === 'time' ? c.at : c.step;
    const root = svg('svg', {role: 'img', 'aria-label': 'Loss, gradient norm, learning rate, throughput and workers of the run on one axis'});
    const defs = svg('defs', {}), clip = svg('clipPath', {id: 'plot'});
    defs.append(clip);
    root.append(defs);
    const back = svg('g', {'clip-path': 'url(#plot)'}), front = svg('g', {});
    root.append(back, front);

    let first = 0, last = n - 1;
    while (first < n - 1 && xs[first + 1] < x0) first++;
    while (last > 0 && xs[last - 1] > x1) last--;

    let y = TOP + 14;
    panels.forEach(panel => {
      panel.top = y;
      const shown = [];
      for (let i = first; i <= last; i++) if (Number.isFinite(panel.values[i])) shown.push(panel.values[i]);
      let low = Math.min(...bounds(shown, 0)), high = Math.max(...bounds(shown, 1));
      if (panel.key === 'gradNorm' || panel.key === 'tokensPerSecond') { const all = high; high = clipped(shown, high); panel.above = all > high ? high : Infinity; }
      const logarithmic = panel.key === 'loss' && scale === 'log' && low > 0;
      if (panel.zero) low = 0;
      if (!(high > low)) { high = low + (Math.abs(low) || 1) * 0.1; }
      if (!panel.zero && !logarithmic) { const pad = (high - low) * 0.05; low = Math.max(0, low - pad); high += pad; }
      const f = logarithmic ? Math.log : v => v;
      panel.Y = v => panel.top + panel.height - (f(Math.min(Math.max(v, low), high)) - f(low)) / (f(high) - f(low)) * panel.height;
      const beyond = panel.above < Infinity ? (panel.unit ? '; ' : '') + '▴ beyond the axis' : '';
      front.append(titled(panel.title, beyond && $('chart').clientWidth <= 560 ? '▴ beyond the axis' : panel.unit + beyond, panel.top - 9));
      (logarithmic ? logTicks(low, high) : ticks(low, high, panel.height > 150 ? 6 : 2)).forEach(v => {
        back.append(svg('line', {class: 'grid', x1: LEFT, x2: LEFT + plot, y1: panel.Y(v), y2: panel.Y(v)}));
        front.append(svg('text', {x: LEFT - 9, y: panel.Y(v) + 4, 'text-anchor': 'end'}, panel.key === 'loss' ? small(v) : panel.format(v)));
      });
      y += panel.height + GAP;
    });

    // who takes part, under which epoch, and what is durable: as rows on the same axis
    const lanesTop = y;
    front.append(titled('Workers', 'and the epochs they agreed on', lanesTop - 9));
    const laneY = i => lanesTop + i * (LANE + LANE_GAP);
    data.lanes.forEach((lane, i) => {
      front.append(svg('text', {x: LEFT - 9, y: laneY(i) + 14, 'text-anchor': 'end'}, short(lane.device, letters)));
      lane.spans.forEach((part, k) => {
        const from = X(position(part.from)), to = X(position(part.to));
        const bar = svg('rect', {class: 'lane', x: from, y: laneY(i), width: Math.max(1.5, to - from), height: LANE, rx: 3});
        bar.append(svg('title', {}, part.worker + ', ' + clock(part.from) + ' to ' + clock(part.to) + (part.lost ? ': ' + part.lost : '')));
        back.append(bar);
        const next = lane.spans[k + 1];
        if (part.lost) {
          const until = next ? X(position(next.from)) : X(position(end));
          back.append(svg('rect', {class: 'gone', x: to, y: laneY(i), width: Math.max(1.5, until - to), height: LANE, rx: 2}));
        }
        if (part.worker !== lane.device && to - from > 74) back.append(svg('text', {class: 'lane-text', x: Math.max(from, LEFT) + 7, y: laneY(i) + 14}, part.worker));
      });
    });
    y = laneY(data.lanes.length);
    const epochY = y;
    front.append(svg('text', {x: LEFT - 9, y: epochY + 12, 'text-anchor': 'end'}, 'epoch'));
    data.epochs.forEach((epoch, i) => {
      const from = X(position(epoch.at)), next = data.epochs[i + 1], to = X(position(next ? next.at : end));
      const band = svg('rect', {class: 'epoch', x: from, y: epochY, width: Math.max(1, to - from), height: 16, rx: 3});
      band.append(svg('title', {}, epoch.label));
      back.append(band);
      const l = Math.max(from, LEFT), r = Math.min(to, LEFT + plot);
      if (r - l > 22) back.append(svg('text', {class: 'epoch-text', x: (l + r) / 2, y: epochY + 12}, epoch.label.replace(/^epoch (\d+).*/, '$1')));
    });
    y += 24;
    data.checkpoints.forEach(checkpoint => {
      const x = X(position(checkpoint.at));
      if (!inside(position(checkpoint.at))) return;
      const r = data.checkpoints.length > plot / 12 ? 1.5 : 4.5;
      const mark = svg('path', {class: 'checkpoint', d: `M${x} ${y + 4.5 - r} l${r} ${r} ${-r} ${r} ${-r} ${-r}z`});
      mark.append(svg('title', {}, checkpoint.label));
      front.append(mark);
    });
    if (data.checkpoints.length) front.append(svg('text', {x: LEFT - 9, y: y + 9, 'text-anchor': 'end'}, 'durable'));
    const bottom = y + 18;
    (mode === 'time' ? timeTicks(x0, x1, plot / 95) : ticks(x0, x1, plot / 95).filter(Number.isInteger)).forEach(v => {
      back.prepend(svg('line', {class: 'grid', x1: X(v), x2: X(v), y1: TOP + 14, y2: bottom}));
      front.append(svg('text', {x: X(v), y: bottom + 17, 'text-anchor': 'middle'}, mode === 'time' ? (x1 - x0 < 8 ? digits(v, 1) + ' s' : clock(v)) : String(v)));
    });
    front.append(svg('line', {class: 'axis', x1: LEFT, x2: LEFT + plot, y1: bottom, y2: bottom}));
    front.append(svg('text', {x: LEFT + plot, y: bottom + 33, 'text-anchor': 'end'}, mode === 'time' ? 'training time' : 'step'));
    const height = bottom + 40;

    // faults run through all panels
    let lastBadge = -99;
    data.incidents.forEach((incident, i) => {
      const at = X(position(incident.at));
      if (at < LEFT - 1 || at > LEFT + plot + 1) return;
      const until = X(position(Number.isFinite(+incident.committed) ? +incident.committed : incident.at));
      const since = Number.isFinite(+incident.before) ? X(position(+incident.before)) : at;
      if (incident.kind === 'fault') back.append(svg('rect', {class: 'recovery', x: since, y: TOP, width: Math.max(2, until - since), height: bottom - TOP}));
      back.append(svg('line', {class: incident.kind, x1: at, x2: at, y1: TOP - 4, y2: bottom, 'stroke-width': i === lit ? 2.5 : 1.2}));
      const bx = Math.max(at, lastBadge + 17);
      lastBadge = bx;
      const badge = svg('g', {class: 'badge ' + incident.kind, transform: `translate(${bx},${TOP - 12})`});
      badge.append(svg('circle', {r: i === lit ? 10 : 8}), svg('text', {y: 3.8}, String(i + 1)), svg('title', {}, incident.what));
      badge.addEventListener('click', () => rows[i].scrollIntoView({behavior: 'smooth', block: 'center'}));
      badge.addEventListener('mouseenter', () => rows[i].classList.add('lit'));
      badge.addEventListener('mouseleave', () => rows[i].classList.remove('lit'));
      front.append(badge);
    });

    panels.forEach(panel => {
      if (panel.key === 'loss' && half) {
        back.append(svg('path', {class: 'thin', d: path(xs, c.loss, first, last, X, panel.Y, plot)}));
        back.append(svg('path', {class: 'line', d: path(xs, mean, first, last, X, panel.Y, plot)}));
      } else {
        back.append(svg('path', {class: panel.key === 'loss' ? 'line' : 'second', d: path(xs, panel.values, first, last, X, panel.Y, plot)}));
      }
    });

    panels.forEach(panel => {
      let drawn = -9;
      for (let i = first; panel.above < Infinity && i <= last; i++) {
        const x = X(xs[i]);
        if (!(panel.values[i] > panel.above) || !inside(xs[i]) || x - drawn < 5) continue;
        drawn = x;
        const mark = svg('path', {class: 'beyond', d: `M${x - 4} ${panel.top + 5} l4 -7 l4 7z`});
        mark.append(svg('title', {}, 'step ' + c.step[i] + ': ' + panel.format(panel.values[i])));
        front.append(mark);
      }
    });

    clip.append(svg('rect', {x: LEFT - 1, y: 0, width: plot + 2, height}));
    root.setAttribute('viewBox', `0 0 ${width} ${height}`);
    root.setAttribute('height', height);
    host.replaceChildren(root);
    $('whole').hidden = !view;
    interact(host, root, {X, x0, x1, plot, width, bottom, panels, xs, first, last});
  }

  // extent without a call with ten thousand arguments
  function bounds(values, which) {
    if (!values.length) return [which];
    return [values.reduce((a, b) => which ? Math.max(a, b) : Math.min(a, b))];
  }
  // `node-1.worker-0` is `node-1:0`; names differ at their beginning (the node) and at their end (the device)
  function short(device, letters) {
    const name = device.replace('.worker-', ':');
    return name.length <= letters ? name : name.slice(0, Math.ceil(letters / 2) - 1) + '…' + name.slice(name.length - Math.floor(letters / 2));
  }
  // one wild step must not flatten all the others
  function clipped(values, high) {
    if (values.length < 20) return high;
    const sorted = [...values].sort((a, b) => a - b), usual = sorted[Math.floor(sorted.length * 0.98)];
    return high > 3 * usual ? 1.5 * usual : high;
  }
  function titled(title, unit, y) {
    const text = svg('text', {class: 'title', x: LEFT, y}, title);
    if (($('chart').clientWidth || 999) > 560) text.append(svg('tspan', {class: 'unit', dx: 8}, unit));
    else text.append(svg('tspan', {class: 'unit', dx: 8}, unit.split(/;|and /)[0]), svg('title', {}, unit));
    return text;
  }
  // at most a low and a high for each column of the screen
  function path(xs, values, first, last, X, Y, plot) {
    const out = [];
    if (last - first < 2 * plot) {
      for (let i = first; i <= last; i++) if (Number.isFinite(values[i])) out.push(X(xs[i]).toFixed(1) + ' ' + Y(values[i]).toFixed(1));
    } else {
      for (let i = first; i <= last;) {
        const column = Math.floor(X(xs[i]));
        let low = values[i], high = values[i];
        for (; i <= last && Math.floor(X(xs[i])) === column; i++) { low = Math.min(low, values[i]); high = Math.max(high, values[i]); }
        out.push(column + ' ' + Y(low).toFixed(1), column + ' ' + Y(high).toFixed(1));
      }
    }
    return out.length ? 'M' + out.join('L') : '';
  }

  function interact(host, root, s) {
    const cross = svg('line', {class: 'cross', y1: TOP, y2: s.bottom, visibility: 'hidden'}), dot = svg('circle', {class: 'dot', r: 4, visibility: 'hidden'});
    const brush = svg('rect', {class: 'brush', y: TOP, height: s.bottom - TOP, visibility: 'hidden'});
    root.append(brush, cross, dot);
    const tip = make('div', undefined, 'tip');
    tip.hidden = true;
    host.append(tip);
    let from = null;
    const where = event => (event.clientX - root.getBoundingClientRect().left) * s.width / root.getBoundingClientRect().width;
    const value = x => s.x0 + (Math.min(Math.max(x, LEFT), LEFT + s.plot) - LEFT) / s.plot * (s.x1 - s.x0);
    root.addEventListener('pointermove', event => {
      if (!n) return;
      const v = value(where(event));
      let i = s.first;
      while (i < s.last && Math.abs(s.xs[i + 1] - v) <= Math.abs(s.xs[i] - v)) i++;
      const x = s.X(s.xs[i]);
      cross.setAttribute('x1', x); cross.setAttribute('x2', x); cross.setAttribute('visibility', 'visible');
      dot.setAttribute('cx', x); dot.setAttribute('cy', s.panels[0].Y(c.loss[i])); dot.setAttribute('visibility', 'visible');
      tip.replaceChildren(make('h4', 'step ' + c.step[i]));
      const list = make('dl');
      [['time', clock(c.at[i])], ['loss', c.loss[i].toFixed(4)], ['gradient norm', small(c.gradNorm[i])], ['learning rate', small(c.learningRate[i])],
        ['tokens/s', rate(c.tokensPerSecond[i])], ['workers', c.workers[i]], ['epoch', c.epoch[i]]].forEach(([k, w]) => list.append(make('dt', k), make('dd', String(w))));
      tip.append(list);
      tip.hidden = false;
      const ratio = root.getBoundingClientRect().width / s.width, left = x * ratio;
      tip.style.left = (left > host.clientWidth / 2 ? left - tip.offsetWidth - 16 : left + 16) + 'px';
      tip.style.top = (TOP + 24) + 'px';
      if (from !== null) {
        const a = Math.max(LEFT, Math.min(from, where(event))), b = Math.min(LEFT + s.plot, Math.max(from, where(event)));
        brush.setAttribute('x', a); brush.setAttribute('width', Math.max(0, b - a)); brush.setAttribute('visibility', 'visible');
      }
    });
    root.addEventListener('pointerleave', () => {
      tip.hidden = true; from = null;
      [cross, dot, brush].forEach(e => e.setAttribute('visibility', 'hidden'));
    });
    root.addEventListener('pointerdown', event => { if (event.pointerType !== 'touch') from = where(event); });
    root.addEventListener('pointerup', event => {
      if (from === null) return;
      const a = value(Math.min(from, where(event))), b = value(Math.max(from, where(event))), wide = Math.abs(where(event) - from) > 8;
      from = null;
      if (wide && b > a) { view = [a, b]; draw(); }
    });
    root.addEventListener('dblclick', () => { view = null; draw(); });
  }

  function light(i) { if (lit !== i) { lit = i; draw(); } }
  function choose(id, then) {
    $(id).addEventListener('click', event => {
      const chosen = event.target.dataset.value;
      if (!chosen) return;
      [...$(id).children].forEach(button => button.classList.toggle('on', button === event.target));
      then(chosen);
      draw();
    });
  }
  choose('axis', chosen => { mode = chosen; view = null; });
  choose('scale', chosen => { scale = chosen; });
  $('whole').addEventListener('click', () => { view = null; draw(); });

  const theme = name => { document.documentElement.dataset.theme = name; };
  theme(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  $('theme').addEventListener('click', () => theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', event => theme(event.matches ? 'dark' : 'light'));
  addEventListener('resize', draw);
  draw();
})();
