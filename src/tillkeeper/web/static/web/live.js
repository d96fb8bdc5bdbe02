// The board's live part. Numbers come by the stream; while there is none, the page asks every five seconds. A page that
// nobody looks at lets its stream go: a browser has six connections for one server.
(() => {
  const part = document.getElementById('live');
  if (!part) return;
  const words = JSON.parse(document.getElementById('live-words').textContent);
  const numbers = JSON.parse(document.getElementById('live-numbers').textContent);
  const POLL_MS = 5000, STALE_S = 15, POINT_LEAST = 6, POINT_MOST = 34, LABELLED = 8;
  const byId = (id) => document.getElementById(id);
  const figure = new Intl.NumberFormat('en');
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  const percent = (up, total) => (total ? `${(Math.floor(1000 * up / total) / 10).toFixed(1)} %` : '–');
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hour12: false });
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false });
  let stream = null, timer = 0, last = Date.now(), paused = false, signedOut = false;

  // ---- where the numbers come from -----------------------------------------------------------------------------------
  function listen() {
    if (stream || paused || signedOut || document.hidden) return;
    stream = new EventSource(part.dataset.stream);
    stream.addEventListener('open', () => { clearInterval(timer); timer = 0; last = Date.now(); });
    stream.addEventListener('numbers', (event) => take(JSON.parse(event.data)));
    stream.addEventListener('same', () => { last = Date.now(); });
    stream.addEventListener('signed_out', () => { signedOut = true; hush(); });
    stream.addEventListener('error', () => {
      if (stream?.readyState === EventSource.CLOSED) stream = null; // refused, or nothing streams here: it does not try again
      timer ||= setInterval(ask, POLL_MS);
      ask();
    });
  }
  function hush() {
    stream?.close();
    stream = null;
    clearInterval(timer);
    timer = 0;
  }
  async function ask() {
    if (document.hidden || paused || signedOut) return;
    try {
      const said = await fetch(part.dataset.poll, { headers: { Accept: 'application/json' } });
      if (said.redirected || said.status === 403) { signedOut = true; hush(); return; }
      if (said.ok) take(await said.json());
    } catch { /* the line says how old the numbers are */ }
  }
  document.addEventListener('visibilitychange', () => { if (document.hidden) hush(); else listen(); });
  addEventListener('pagehide', hush);
  addEventListener('pageshow', listen);
  byId('live-pause').addEventListener('click', (event) => {
    paused = !paused;
    event.currentTarget.querySelector('span').textContent = paused ? words.resume : words.pause;
    event.currentTarget.setAttribute('aria-pressed', String(paused));
    if (paused) hush(); else listen();
    tell();
  });
  function tell() {
    const age = Math.max(0, Math.round((Date.now() - last) / 1000));
    const how = signedOut ? 'signed_out' : paused ? 'paused' : age > STALE_S ? 'stale' : timer ? 'polling' : 'live';
    const line = byId('live-line');
    line.dataset.is = how;
    line.textContent = signedOut ? words.signed_out : `${words[how]} · ${filled(words.ago, { n: age })}`;
  }
  setInterval(tell, 1000);

  // ---- where they go -----------------------------------------------------------------------------------------------
  function take(changed) {
    last = Date.now();
    Object.assign(numbers, changed);
    show(Object.keys(changed));
    tell();
  }
  function show(parts) {
    part.querySelectorAll('[data-number]').forEach((box) => {
      const value = box.dataset.number.split('.').reduce((found, name) => found?.[name], numbers);
      if (value !== undefined && value !== null) box.textContent = figure.format(value);
    });
    if (numbers.rate !== undefined && numbers.rate !== null) byId('live-rate').hidden = false;
    const draw = { faults, needs, share, places };
    parts.forEach((name) => draw[name]?.());
  }
  function made(tag, text, attributes = {}) {
    const one = document.createElement(tag);
    if (text !== undefined && text !== null) one.textContent = text;
    Object.entries(attributes).forEach(([name, value]) => one.setAttribute(name, value));
    return one;
  }
  function listedAt(box, lines) {
    box.replaceChildren(...(lines.length ? lines : [made('li', words.nothing, { class: 'quiet' })]));
  }
  const ruled = (name) => words.rules[name] ?? name;
  function faults() {
    listedAt(byId('live-faults'), numbers.faults.map(([code, name, number]) => {
      const line = made('li');
      const label = words.alerts ? made('a', ruled(name), { href: `${words.alerts}?rule=${encodeURIComponent(code)}` }) : made('span', ruled(name));
      const bar = made('progress', null, { max: Math.max(...numbers.faults.map((one) => one[2])), value: number, 'aria-hidden': 'true' });
      line.append(label, bar, made('strong', figure.format(number), { class: 'num' }));
      return line;
    }));
  }
  function needs() {
    listedAt(byId('live-needs'), numbers.needs.map(([kind, key, name, beside, since, by, rule]) => {
      const line = made('li', null, { 'data-kind': kind });
      const href = kind === 'group' ? words.alerts && `${words.alerts}?group=${key}` : words.terminal.replace('SERIAL', encodeURIComponent(key));
      const title = kind === 'group' ? `${ruled(rule)} · ${words.joined[by] ?? ''} ${name}` : `${key} · ${kind === 'risk' ? words.risk : ruled(name)}`;
      line.append(href ? made('a', title, { href }) : made('span', title));
      const told = kind === 'group' ? filled(words.waiting, { n: figure.format(beside) }) : kind === 'risk' ? name : beside;
      line.append(made('span', [told, filled(words.since, { time: day.format(since * 1000) })].filter(Boolean).join(' · '), { class: 'quiet' }));
      return line;
    }));
  }
  function rows(box, lines) {
    box.replaceChildren(...lines.map((cells) => {
      const row = made('tr');
      row.append(...cells.map((cell, place) => {
        const td = made('td', null, place ? { class: 'num' } : {});
        td.append(cell);
        return td;
      }));
      return row;
    }));
  }

  // ---- charts ------------------------------------------------------------------------------------------------------
  function chart(id) {
    if (!window.echarts) return null;
    const box = byId(id);
    return echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: 'canvas' });
  }
  const base = () => ({
    animationDuration: 150, animationDurationUpdate: 150,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 },
  });
  function share() {
    rows(byId('live-share-rows'), [...numbers.share].reverse().map(([at, up, total]) => [
      clock.format(at * 1000), filled(words.up_of, { up: figure.format(up), total: figure.format(total) }), percent(up, total)]));
    const points = numbers.share.filter((one) => one[2] > 0).map(([at, up, total]) => [at * 1000, 100 * up / total, up, total]);
    const least = Math.max(0, Math.floor((Math.min(99, ...points.map((one) => one[1])) - 1) / 10) * 10);
    chart('live-share')?.setOption({
      ...base(), grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
      tooltip: {
        trigger: 'axis', renderMode: 'richText',
        formatter: ([p]) => `${clock.format(p.value[0])}  ${p.value[1].toFixed(1)} %\n${filled(words.up_of, { up: figure.format(p.value[2]), total: figure.format(p.value[3]) })}`,
      },
      xAxis: { type: 'time', axisLine: { lineStyle: { color: colour('--line') } }, axisLabel: { color: colour('--quiet'), hideOverlap: true, formatter: (value) => clock.format(value) } },
      yAxis: {
        type: 'value', min: least, max: 100, interval: (100 - least) / (least === 90 ? 2 : 4),
        axisLabel: { color: colour('--quiet'), formatter: '{value} %' }, splitLine: { lineStyle: { color: colour('--line') } },
      },
      series: [{
        type: 'line', showSymbol: points.length < 2, step: false, data: points, lineStyle: { width: 2, color: colour('--series-1') },
        itemStyle: { color: colour('--series-1') }, areaStyle: { color: colour('--series-1'), opacity: 0.12 },
      }],
    }, true);
  }
  const tone = (up, total) => (up >= 0.98 * total ? '--good' : up >= 0.9 * total ? '--warn' : '--bad');
  function places() {
    const name = ([province, city]) => [province, city === province ? '' : city].filter(Boolean).join(' · ') || words.unplaced;
    rows(byId('live-place-rows'), numbers.places.map((one) => {
      const link = made('a', name(one), { href: `${words.terminals}?${new URLSearchParams({ province: one[0], city: one[1] })}` });
      return [one[0] ? link : name(one), filled(words.up_of, { up: figure.format(one[3]), total: figure.format(one[2]) }), percent(one[3], one[2])];
    }));
    const placed = numbers.places.filter((one) => one[4] !== null && one[5] !== null);
    const box = byId('live-map');
    box.hidden = !placed.length;
    box.closest('.card').querySelector('details').open ||= !placed.length;
    if (!placed.length) return;
    const most = Math.max(...placed.map((one) => one[2]));
    const bounds = (place, margin) => {
      const values = placed.map((one) => one[place]);
      return { min: Math.min(...values) - margin, max: Math.max(...values) + margin };
    };
    const axis = { type: 'value', axisLabel: { show: false }, axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: true, lineStyle: { color: colour('--line'), type: 'dotted' } } };
    const map = chart('live-map');
    map?.setOption({
      ...base(), grid: { left: 8, right: 24, top: 16, bottom: 16 },
      tooltip: { renderMode: 'richText', formatter: ({ data }) => `${data.name}\n${filled(words.up_of, { up: figure.format(data.up), total: figure.format(data.total) })} · ${percent(data.up, data.total)}` },
      xAxis: { ...axis, ...bounds(4, 1) }, yAxis: { ...axis, ...bounds(5, 1) },
      series: [{
        type: 'scatter', cursor: 'pointer',
        data: placed.map((one, place) => ({
          value: [one[4], one[5]], name: name(one), total: one[2], up: one[3], place: [one[0], one[1]],
          symbolSize: POINT_LEAST + (POINT_MOST - POINT_LEAST) * Math.sqrt(one[2] / most),
          itemStyle: { color: colour(tone(one[3], one[2])), opacity: 0.75, borderColor: colour('--surface'), borderWidth: 1 },
          label: { show: place < LABELLED, formatter: one[1] || one[0], position: 'right', color: colour('--ink'), fontSize: 11 },
        })),
        labelLayout: { hideOverlap: true },
      }],
    }, true);
    map?.off('click');
    map?.on('click', ({ data }) => location.assign(`${words.terminals}?${new URLSearchParams({ province: data.place[0], city: data.place[1] })}`));
  }

  show(Object.keys(numbers));
  document.addEventListener('appearance', () => show(Object.keys(numbers)));
  addEventListener('resize', () => ['live-share', 'live-map'].forEach((id) => window.echarts?.getInstanceByDom(byId(id))?.resize()));
  listen();
  tell();
})();
