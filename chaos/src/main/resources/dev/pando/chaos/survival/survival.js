'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const $ = id => document.getElementById(id);
const NS = 'http://www.w3.org/2000/svg';

const esc = text => String(text).replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
const known = value => value !== null && value !== undefined && Number.isFinite(value);
const percent = share => (100 * share).toFixed(1) + ' %';
const quantile = (sorted, q) => sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] : NaN;

function span(seconds) {
  if (!known(seconds)) return '–';
  if (seconds < 0.0995) return (seconds * 1000).toFixed(0) + ' ms';
  if (seconds < 9.95) return seconds.toFixed(2) + ' s';
  if (seconds < 120) return seconds.toFixed(1) + ' s';
  return Math.floor(seconds / 60) + ' min ' + String(Math.round(seconds % 60)).padStart(2, '0') + ' s';
}

function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return Math.floor(whole / 60) + ':' + String(whole % 60).padStart(2, '0');
}

function node(parent, name, attributes, text) {
  const element = document.createElementNS(NS, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.appendChild(element);
  return element;
}

function niceStep(range, count) {
  const raw = range / count, power = 10 ** Math.floor(Math.log10(raw)), unit = raw / power;
  return power * (unit < 1.5 ? 1 : unit < 3.5 ? 2 : unit < 7.5 ? 5 : 10);
}

function timeStep(range) {
  return [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].find(step => range / step <= 12) || 14400;
}

const sorted = values => [...values].sort((a, b) => a - b);
const ours = sorted(data.stepSeconds), twin = sorted(data.undisturbedStepSeconds);

function head() {
  $('name').textContent = data.job;
  $('verdict').textContent = data.sound ? 'survived' : 'not the same run';
  $('verdict').className = 'pill ' + (data.sound ? 'sound' : 'unsound');
  const faults = data.scars.length + (data.scars.length === 1 ? ' fault' : ' faults');
  $('sentence').textContent = data.sound
    ? faults + ' in ' + span(data.seconds) + ', and every bit is that of the undisturbed run.'
    : faults + ' in ' + span(data.seconds) + '; ' + data.end + '.';
  $('begun').textContent = data.nodes + ' processes with ' + data.fullStrength + ' workers; begun '
    + new Date(data.begun).toLocaleString() + '; ' + data.end + '.';
}

function tiles() {
  const next = sorted(data.scars.map(scar => scar.nextCommit).filter(known));
  const longest = ours.length ? ours[ours.length - 1] : NaN;
  const tile = (value, label, more, big, meter) => '<div class="tile' + (big ? ' big' : '') + '"><b>' + value + '</b>'
    + (meter === undefined ? '' : '<div class="meter"><i style="width:' + Math.min(100, 100 * meter) + '%"></i></div>')
    + '<span>' + label + '</span><em>' + more + '</em></div>';
  $('tiles').innerHTML =
    tile(percent(data.goodput), 'goodput', 'by its own pace ' + percent(data.goodputByOwnPace)
      + '; undisturbed ' + percent(data.undisturbedByOwnPace), true, data.goodput)
    + tile(data.scars.length, 'faults', data.scars.length ? 'one in ' + span(data.seconds / data.scars.length) : '', true)
    + tile(data.steps, 'steps committed', data.redone + ' of them done twice', true)
    + tile(next.length ? span(quantile(next, .5)) : '–', 'from a fault to the next step',
      next.length ? 'median; slowest ' + span(next[next.length - 1]) : '', true)
    + tile(span(longest), 'longest step', 'undisturbed ' + span(twin[twin.length - 1]), true);
}

function hashes() {
  const same = data.hash && data.hash === data.expected;
  $('hashes').innerHTML =
    '<tr><td>undisturbed</td><td><code>' + esc(data.expected || 'none') + '</code></td></tr>'
    + '<tr><td>this run</td><td><code>' + esc(data.hash || 'none') + '</code></td></tr>'
    + '<tr><td>verdict</td><td class="' + (same ? 'same' : 'other') + '">' + (same ? 'the same, bit for bit' : 'not the same')
    + '</td></tr><tr><td>history</td><td class="' + (data.violations.length ? 'other' : 'same') + '">'
    + (data.violations.length ? data.violations.length + ' rules broken' : 'breaks no rule: steps commit once and in order,'
      + ' nothing of an old epoch took effect, losses equal step by step') + '</td></tr>';
  $('violations').innerHTML = data.violations.map(each => '<li>' + esc(each) + '</li>').join('');
}

/* ---- the run along time: what struck, how long each step took, who was there */

function chart() {
  const W = 1100, L = 54, R = 14, T = 34, H1 = 190, GAP = 40, H2 = 56, B = 26;
  const H = T + H1 + GAP + H2 + B;
  const end = Math.max(data.seconds, 1), x = t => L + (W - L - R) * Math.max(0, Math.min(1, t / end));
  const svg = node($('chart'), 'svg', { viewBox: '0 0 ' + W + ' ' + H, role: 'img' });
  const low = Math.max(0.001, (ours[0] || 0.01) / 1.6), high = Math.max(ours[ours.length - 1] || 1, low * 10) * 1.25;
  const y = s => T + H1 - H1 * Math.log(Math.max(s, low) / low) / Math.log(high / low);
  const y2 = T + H1 + GAP;

  for (let power = Math.ceil(Math.log10(low)); power <= Math.log10(high); power++) {
    node(svg, 'line', { class: 'grid', x1: L, x2: W - R, y1: y(10 ** power), y2: y(10 ** power) });
    node(svg, 'text', { x: L - 8, y: y(10 ** power) + 4, 'text-anchor': 'end' }, span(10 ** power).replace('.00', '').replace('.0', ''));
  }
  const step = timeStep(end);
  for (let t = 0; t <= end; t += step) {
    node(svg, 'line', { class: 'grid', x1: x(t), x2: x(t), y1: T, y2: H - B });
    node(svg, 'text', { x: x(t), y: H - 8, 'text-anchor': 'middle' }, clock(t));
  }
  data.scars.forEach(scar => {
    const until = scar.at + (known(scar.nextCommit) ? scar.nextCommit : 0);
    node(svg, 'rect', { class: 'recovery', x: x(scar.at), width: Math.max(1, x(until) - x(scar.at)), y: T, height: H1 });
  });
  const usual = quantile(twin, .5);
  node(svg, 'line', { x1: L, x2: W - R, y1: y(usual), y2: y(usual), stroke: 'var(--soft)', 'stroke-dasharray': '2 4' });
  data.stepSeconds.forEach((seconds, i) => node(svg, 'circle', {
    class: seconds > 1.5 * usual ? 'slowstep' : 'commit', cx: x(data.at[i + 1]), cy: y(seconds), r: ours.length > 3000 ? 1.1 : 1.8
  }));

  let beside = -99, row = 0;
  data.scars.forEach((scar, i) => {
    node(svg, 'line', { class: 'fault', x1: x(scar.at), x2: x(scar.at), y1: T - 4, y2: H - B });
    row = x(scar.at) - beside < 17 ? 1 - row : 0;
    beside = x(scar.at);
    const link = node(svg, 'a', { href: '#fault-' + (i + 1) });
    const badge = node(link, 'g', { class: 'badge' });
    node(badge, 'circle', { cx: x(scar.at), cy: T - 10 - 15 * row, r: 8 });
    node(badge, 'text', { x: x(scar.at), y: T - 6.4 - 15 * row }, i + 1);
    node(badge, 'title', {}, scar.fault + '\n' + scar.who);
  });

  node(svg, 'text', { class: 'title', x: L + 6, y: T + 14 }, 'time of each step, from commit to commit');
  node(svg, 'text', { class: 'title', x: L, y: y2 - 8 }, 'workers that took part');
  const height = n => H2 * n / data.fullStrength;
  node(svg, 'rect', { class: 'lost', x: L, width: W - L - R, y: y2, height: H2 });
  for (let i = 0, from = 0; i < data.workers.length; i++) {
    if (i + 1 === data.workers.length || data.workers[i + 1] !== data.workers[i]) {
      node(svg, 'rect', { class: 'strength', x: x(from), width: Math.max(.5, x(data.at[i]) - x(from)),
        y: y2 + H2 - height(data.workers[i]), height: height(data.workers[i]) });
      from = data.at[i];
    }
  }
  [0, data.fullStrength].forEach(n =>
    node(svg, 'text', { x: L - 8, y: y2 + H2 - height(n) + 4, 'text-anchor': 'end' }, n));
}

function table() {
  $('scars').innerHTML = '<thead><tr><th></th><th>when</th><th>what struck</th><th class="number">noticed</th><th>how</th>'
    + '<th class="number">next step</th><th class="number">full strength</th><th class="number">cost</th></tr></thead><tbody>'
    + data.scars.map((scar, i) => '<tr id="fault-' + (i + 1) + '"><td><span class="no">' + (i + 1) + '</span></td><td class="number">'
      + clock(scar.at) + '</td><td><span class="what">' + esc(scar.fault) + '</span> <span class="means">' + esc(scar.who)
      + '<br>' + esc(scar.means) + '</span>'
      + (scar.actions.length ? '<ul class="steps">' + scar.actions.map(each => '<li>' + esc(each) + '</li>').join('') + '</ul>' : '')
      + '</td><td class="number">' + (known(scar.noticed) ? span(scar.noticed) : 'not in the journal') + '</td><td class="evidence">'
      + esc(scar.evidence) + '</td><td class="number">' + span(scar.nextCommit) + '</td><td class="number">' + span(scar.back)
      + '</td><td class="number">' + (scar.cost > 0 ? span(scar.cost) : '0') + '</td></tr>').join('') + '</tbody>';
  if (data.spared.length) {
    $('spared').textContent = 'Never struck, since their moment did not come before the end: ' + data.spared.join('; ') + '.';
  }
}

/* ---- how long steps take: bars for this run, a line for the undisturbed one */

function distribution() {
  const W = 1100, H = 220, L = 54, R = 14, T = 12, B = 30, BINS = 60;
  const low = Math.min(ours[0], twin[0]) / 1.05, high = Math.max(ours[ours.length - 1], twin[twin.length - 1]) * 1.05;
  if (!(high > low)) return;
  const svg = node($('steps'), 'svg', { viewBox: '0 0 ' + W + ' ' + H, role: 'img' });
  const position = s => Math.log(s / low) / Math.log(high / low), x = s => L + (W - L - R) * position(s);
  const shares = values => {
    const bins = new Array(BINS).fill(0);
    values.forEach(s => bins[Math.min(BINS - 1, Math.floor(position(s) * BINS))] += 1 / values.length);
    return bins;
  };
  const a = shares(ours), b = shares(twin), most = Math.max(...a, ...b);
  const y = share => T + (H - T - B) * (1 - Math.sqrt(share / most));
  [0.001, 0.01, 0.1, 0.5].filter(share => share < most).forEach(share => {
    node(svg, 'line', { class: 'grid', x1: L, x2: W - R, y1: y(share), y2: y(share) });
    node(svg, 'text', { x: L - 8, y: y(share) + 4, 'text-anchor': 'end' }, 100 * share + ' %');
  });
  const width = (W - L - R) / BINS;
  a.forEach((share, i) => share && node(svg, 'rect', { class: 'ours', x: L + i * width + .5, width: width - 1, y: y(share), height: y(0) - y(share) }));
  node(svg, 'path', { class: 'twin', d: b.map((share, i) => (i ? 'L' : 'M') + (L + i * width) + ' ' + y(share) + 'H' + (L + (i + 1) * width)).join('') });
  node(svg, 'line', { class: 'axis', x1: L, x2: W - R, y1: y(0), y2: y(0) });
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    [1, 2, 5].map(unit => unit * 10 ** power).filter(s => s >= low && s <= high).forEach(s =>
      node(svg, 'text', { x: x(s), y: H - 10, 'text-anchor': 'middle' }, span(s).replace('.00', '').replace('0 s', '0 s')));
  }
  const row = (name, values, key) => '<tr><td>' + key + name + '</td>' + [.5, .9, .99, .999].map(q => '<td class="number">'
    + span(quantile(values, q)) + '</td>').join('') + '<td class="number">' + span(values[values.length - 1]) + '</td></tr>';
  $('quantiles').innerHTML = '<thead><tr><th>steps</th><th class="number">median</th><th class="number">90 %</th>'
    + '<th class="number">99 %</th><th class="number">99.9 %</th><th class="number">longest</th></tr></thead><tbody>'
    + row('this run', ours, '<i class="key" style="background:var(--curve)"></i>')
    + row('undisturbed', twin, '<i class="key" style="background:var(--leaf)"></i>') + '</tbody>';
}

$('theme').addEventListener('click', () => {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === 'dark' ? '' : 'dark';
});
if (matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.dataset.theme = 'dark';
head();
tiles();
hashes();
chart();
table();
distribution();
