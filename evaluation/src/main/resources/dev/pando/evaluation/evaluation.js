'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const $ = id => document.getElementById(id);
  const make = (name, text, cls) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (cls) element.className = cls;
    return element;
  };
  const NS = 'http://www.w3.org/2000/svg';
  const svg = (name, attributes, text) => {
    const element = document.createElementNS(NS, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const colours = ['var(--curve)', 'var(--leaf)', 'var(--fault)', 'var(--second)', 'var(--warn)'];
  const colour = i => colours[i % colours.length];
  const percent = x => (100 * x).toFixed(1);
  const signed = x => (x >= 0 ? '+' : '−') + Math.abs(100 * x).toFixed(1);
  const models = data.models, many = models.length > 1;

  // ---- head -------------------------------------------------------------------------------------------------------
  $('name').textContent = models.map(m => m.model).join(', ');
  const total = models[0].tasks.reduce((sum, t) => sum + t.items, 0);
  $('lead').textContent = models[0].tasks.length + ' tasks, ' + total.toLocaleString('en') + ' items' + (many ? ' a model' : '');
  $('command').textContent = data.command || '';
  $('versions').textContent = data.versions || '';
  models.forEach((m, i) => {
    const key = make('span'), chip = make('i', undefined, 'chip');
    chip.style.background = colour(i);
    key.append(chip, document.createTextNode(m.model));
    $('models').append(key);
  });

  // ---- radar ------------------------------------------------------------------------------------------------------
  const names = Object.keys(models[0].dimensions || {});
  {
    const R = 118, root = svg('svg', {viewBox: '-200 -150 400 310', role: 'img', 'aria-label': 'Mean score of each dimension'});
    const n = Math.max(3, names.length);
    const at = (i, r) => [r * Math.sin(2 * Math.PI * i / n), -r * Math.cos(2 * Math.PI * i / n)];
    const path = rs => 'M' + rs.map((r, i) => at(i, r).map(v => v.toFixed(1)).join(' ')).join('L') + 'Z';
    [.25, .5, .75, 1].forEach(r => root.append(svg('path', {d: path(Array(n).fill(R * r)), class: 'ring'})));
    names.forEach((name, i) => {
      const [x, y] = at(i, R), [tx, ty] = at(i, R + 16);
      root.append(svg('line', {x1: 0, y1: 0, x2: x, y2: y, class: 'spoke'}));
      const anchor = Math.abs(tx) < 12 ? 'middle' : tx > 0 ? 'start' : 'end';
      const words = name.replace('Reasoning and mathematics', 'Reasoning').replace('Language and knowledge', 'Language');
      root.append(svg('text', {x: tx, y: ty, 'text-anchor': anchor}, words));
      root.append(svg('text', {x: tx, y: ty + 14, 'text-anchor': anchor, class: 'value'}, models.map(m => percent(m.dimensions[name])).join(' · ')));
    });
    models.forEach((m, k) => {
      const rs = Array.from({length: n}, (_, i) => i < names.length ? R * Math.max(0.01, m.dimensions[names[i]]) : 0);
      root.append(svg('path', {d: path(rs), class: 'area', fill: colour(k), stroke: colour(k)}));
    });
    $('radar').append(root);
  }

  // ---- tasks ------------------------------------------------------------------------------------------------------
  {
    const table = make('table'), head = make('tr');
    head.append(make('th', 'task'), make('th', 'metric'));
    models.forEach(m => head.append(make('th', many ? m.model : 'score')));
    head.append(make('th', 'items', 'number'));
    table.append(head);
    const seen = [...new Set(models[0].tasks.map(t => t.dimension))];
    seen.forEach(dimension => {
      const line = make('tr', undefined, 'dimension');
      const title = make('td', dimension);
      title.colSpan = 2;
      line.append(title);
      models.forEach(m => line.append(make('td', m.dimensions && dimension in m.dimensions ? percent(m.dimensions[dimension]) : '')));
      line.append(make('td'));
      table.append(line);
      models[0].tasks.forEach((task, i) => {
        if (task.dimension !== dimension) return;
        const row = make('tr');
        row.append(make('td', task.title), make('td', task.metric));
        models.forEach((m, k) => {
          const mine = m.tasks[i], cell = make('td');
          if (mine.counts) {
            const meter = make('span', undefined, 'meter'), bar = make('i');
            bar.style.width = 100 * mine.score + '%';
            bar.style.background = colour(k);
            meter.append(bar);
            cell.append(meter, document.createTextNode(percent(mine.score) + ' '), make('small', '± ' + percent(mine.standard_error || 0)));
          } else {
            cell.textContent = mine.score.toFixed(3);
          }
          const rest = Object.entries(mine.metrics || {}).filter(([name]) => name !== mine.metric);
          cell.title = rest.map(([name, value]) => name + ' ' + (+value.toPrecision(4))).join('\n');
          row.append(cell);
        });
        row.append(make('td', String(task.items), 'number'));
        table.append(row);
      });
    });
    $('tasks').append(table);
  }

  // ---- comparisons ------------------------------------------------------------------------------------------------
  (data.comparisons || []).forEach(c => {
    const box = $('comparisons');
    box.hidden = false;
    box.append(make('h2', c.second + ' against ' + c.first));
    box.append(make('p', 'Difference in points, with the interval that holds 95 of 100 paired bootstrap samples; bold where it leaves out 0.', 'quiet'));
    const table = make('table'), head = make('tr');
    ['', 'difference', '', 'interval', 'better', 'worse', 'items'].forEach(text => head.append(make('th', text)));
    table.append(head);
    const most = Math.max(.01, ...c.tasks.concat(c.dimensions).map(d => Math.max(Math.abs(d.low), Math.abs(d.high))));
    c.dimensions.concat(c.tasks).forEach((d, i) => {
      const row = make('tr'), clear = d.low > 0 || d.high < 0, line = make('span', undefined, 'interval' + (clear ? ' clear' : ''));
      const x = v => 50 + 50 * v / most + '%';
      const rule = make('i'), dot = make('b');
      rule.style.left = x(d.low);
      rule.style.width = 50 * (d.high - d.low) / most + '%';
      dot.style.left = x(d.difference);
      line.append(make('s'), rule, dot);
      const picture = make('td');
      picture.append(line);
      const isTask = i >= c.dimensions.length;
      row.append(make('td', d.title, isTask ? '' : 'clear'), make('td', signed(d.difference), clear ? 'clear' : ''), picture,
        make('td', signed(d.low) + ' to ' + signed(d.high)), make('td', isTask ? String(d.better) : ''), make('td', isTask ? String(d.worse) : ''), make('td', String(d.items)));
      table.append(row);
    });
    box.append(table);
  });

  // ---- items ------------------------------------------------------------------------------------------------------
  const items = data.items || [];
  const option = (select, value, text) => {
    const one = make('option', text);
    one.value = value;
    select.append(one);
  };
  option($('task'), '', 'all tasks');
  models[0].tasks.forEach(t => option($('task'), t.task, t.title));
  [['', 'all items'], ['wrong', 'wrong'], ['right', 'right'], ...(many ? [['differ', 'models differ']] : [])].forEach(([v, t]) => option($('kind'), v, t));
  const counts = Object.fromEntries(models[0].tasks.map(t => [t.task, t.counts]));
  const mark = (item, answer) => !counts[item.task] ? ['·', ''] : answer.score >= 1 ? ['✓', 'right'] : answer.score <= 0 ? ['✗', 'wrong'] : ['≈', 'part'];
  const text = item => [item.prompt, ...(item.choices || []), ...item.answers.map(a => (a.text || '') + (a.why || ''))].join('\n').toLowerCase();
  const letter = i => String.fromCharCode(65 + i);
  let shown = 50;

  const open = (item, box) => {
    if (item.prompt) box.append(make('pre', item.prompt));
    if (item.choices) {
      const list = make('ol');
      item.choices.forEach((choice, i) => {
        const line = make('li', letter(i) + '. ' + choice + ' ', (item.gold || []).includes(i) ? 'gold' : '');
        item.answers.forEach((a, k) => {
          const value = make('small', (many ? models[k].model + ' ' : '') + (a.likelihoods ? a.likelihoods[i].toFixed(3) : '') + (a.picked === i ? ' picked' : '') + '  ');
          line.append(value);
        });
        list.append(line);
      });
      box.append(list);
    } else if (item.gold) {
      box.append(make('small', 'expected: ' + item.gold.slice(0, 5).join(' | ')));
    }
    item.answers.forEach((a, k) => {
      if (a.text !== undefined) {
        box.append(make('small', (many ? models[k].model + ': ' : '') + 'score ' + (+a.score.toFixed(3)) + (a.why ? ', ' + a.why : '') + (a.answer ? ', compared as “' + a.answer + '”' : '')));
        box.append(make('pre', a.text));
      } else if (!item.choices) {
        box.append(make('p', (many ? models[k].model + ': ' : '') + 'log-likelihood ' + (a.likelihoods || []).map(v => v.toFixed(3)).join(', '), 'quiet'));
      }
    });
  };

  const draw = () => {
    const task = $('task').value, kind = $('kind').value, wanted = $('search').value.toLowerCase();
    const hits = items.filter(item => (!task || item.task === task)
      && (!kind || counts[item.task] && (kind === 'differ' ? item.answers.some(a => a.score !== item.answers[0].score) : kind === 'right' ? item.answers[0].score >= 1 : item.answers[0].score < 1))
      && (!wanted || text(item).includes(wanted)));
    $('items').replaceChildren();
    hits.slice(0, shown).forEach(item => {
      const box = make('details', undefined, 'item'), summary = make('summary');
      item.answers.forEach(a => summary.append(make('span', ...mark(item, a).map((v, i) => i ? 'mark ' + v : v))));
      const last = (item.prompt || (item.choices || [''])[0]).trim().split('\n').filter(line => line.trim() && !/^answer:?$/i.test(line.trim())).slice(-1)[0] || '';
      summary.append(make('small', item.task + ' ' + item.id + (item.group ? ' · ' + item.group : '')), make('span', last, 'line'));
      box.append(summary);
      box.addEventListener('toggle', () => { if (box.open && box.children.length === 1) open(item, box); });
      $('items').append(box);
    });
    $('count').textContent = hits.length.toLocaleString('en') + ' items' + (items.length < total ? '; the page carries the first ' + data.cut + ' of each task' : '');
    $('more').hidden = hits.length <= shown;
  };
  ['task', 'kind'].forEach(id => $(id).addEventListener('change', () => { shown = 50; draw(); }));
  $('search').addEventListener('input', () => { shown = 50; draw(); });
  $('more').addEventListener('click', () => { shown += 200; draw(); });
  draw();

  $('theme').addEventListener('click', () => {
    const dark = document.documentElement.dataset.theme === 'dark'
      || !document.documentElement.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches;
    document.documentElement.dataset.theme = dark ? 'light' : 'dark';
  });
  if (matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.dataset.theme = 'dark';
})();
