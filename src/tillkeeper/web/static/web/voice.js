// One terminal's voice: sparklines beside its readings, the history of a signal, and where it is against its site.
(() => {
  const words = JSON.parse(document.getElementById('voice-words')?.textContent || '{}');
  const byId = (id) => document.getElementById(id);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const SPARK = { points: 40, width: 80, height: 20 }, ROWS_SHOWN = 200, CIRCLE_STEPS = 72, METRES_A_DEGREE = 111320;
  const number = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
  const moment = new Intl.DateTimeFormat(document.documentElement.lang, { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hour12: false, timeZone: words.zone });
  const base = () => ({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 } });
  const form = byId('voice-form');
  let sparks = null, shown = null;

  async function read(query) {
    const said = await fetch(`${form.dataset.url}?${new URLSearchParams(query)}`, { headers: { Accept: 'application/json' } });
    if (!said.ok || said.redirected) throw new Error(said.status);
    return said.json();
  }

  // ---- sparklines ----------------------------------------------------------------------------------------------------
  function drawSparks() {
    document.querySelectorAll('[data-spark]').forEach((box) => {
      const points = sparks?.get(box.dataset.spark);
      if (!points || points.length < 2) return;
      const values = points.map((p) => p[2]), least = Math.min(...values), range = Math.max(...values) - least || 1;
      const from = points[0][0], length = points.at(-1)[0] - from || 1;
      const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
      line.setAttribute('points', points.map(([at, , mean]) =>
        `${(SPARK.width * (at - from) / length).toFixed(1)},${(SPARK.height - 2 - (SPARK.height - 4) * (mean - least) / range).toFixed(1)}`).join(' '));
      const drawing = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      drawing.setAttribute('viewBox', `0 0 ${SPARK.width} ${SPARK.height}`);
      drawing.setAttribute('aria-hidden', 'true');
      drawing.append(line);
      box.replaceChildren(drawing);
    });
  }
  async function readSparks() {
    const names = [...document.querySelectorAll('[data-spark]')].map((box) => box.dataset.spark);
    if (!form || !names.length) return;
    try {
      const said = await read({ signals: names.join(','), span: '24h', points: SPARK.points });
      sparks = new Map(said.series.map((one) => [one.signal, one.points]));
      drawSparks();
    } catch { /* the values are there without their lines */ }
  }

  // ---- one signal's history ------------------------------------------------------------------------------------------
  function drawHistory() {
    const series = shown?.series[0], points = series?.points ?? [];
    byId('voice-said').textContent = shown && !points.length ? words.nothing : '';
    byId('voice-chart').hidden = !points.length;
    const cell = (text, kind) => { const td = document.createElement('td'); td.textContent = text; if (kind) td.className = kind; return td; };
    byId('voice-rows').replaceChildren(...[...points].reverse().slice(0, ROWS_SHOWN).map(([at, low, mean, high]) => {
      const row = document.createElement('tr');
      row.append(cell(moment.format(at * 1000)), ...[low, mean, high].map((value) => cell(number.format(value), 'num')));
      return row;
    }));
    if (!points.length || !window.echarts) return;
    const unit = series.unit ? ` ${series.unit}` : '';
    const at = (p) => p[0] * 1000, main = colour('--series-2');
    const limits = [['warn', '--warn'], ['critical', '--bad']].filter(([name]) => series[name] !== null)
      .map(([name, tone]) => ({ yAxis: series[name], lineStyle: { color: colour(tone), type: 'dashed' }, label: { formatter: words[name], color: colour(tone), position: 'insideEndTop' } }));
    const values = points.flatMap((p) => [p[1], p[3]]), least = Math.min(...values), most = Math.max(...values);
    const margin = (most - least || Math.abs(most) || 1) * 0.08;
    const near = limits.filter((one) => one.yAxis > least - 4 * margin && one.yAxis < most + 4 * margin);
    const ends = [least, most, ...near.map((one) => one.yAxis)];
    const box = byId('voice-chart');
    const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: 'canvas' });
    chart.resize();
    chart.setOption({
      ...base(), grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
      tooltip: {
        trigger: 'axis', renderMode: 'richText',
        formatter: (all) => {
          const p = points[all[0].dataIndex];
          return p[1] === p[3] ? `${moment.format(at(p))}\n${number.format(p[2])}${unit}`
            : `${moment.format(at(p))}\n${words.mean} ${number.format(p[2])}${unit}\n${words.least} ${number.format(p[1])} · ${words.most} ${number.format(p[3])}`;
        },
      },
      xAxis: { type: 'time', min: shown.begins * 1000, max: shown.ends * 1000, axisLine: { lineStyle: { color: colour('--line') } }, axisLabel: { color: colour('--quiet'), hideOverlap: true } },
      yAxis: {
        type: 'value', min: Math.min(...ends) - margin, max: Math.max(...ends) + margin,
        axisLabel: { color: colour('--quiet'), formatter: (value) => number.format(value) + unit, showMinLabel: false, showMaxLabel: false },
        splitLine: { lineStyle: { color: colour('--line') } },
      },
      series: [
        { type: 'line', stack: 'band', symbol: 'none', silent: true, lineStyle: { opacity: 0 }, stackStrategy: 'all', data: points.map((p) => [at(p), p[1]]) },
        { type: 'line', stack: 'band', symbol: 'none', silent: true, lineStyle: { opacity: 0 }, stackStrategy: 'all', areaStyle: { color: main, opacity: 0.18 }, data: points.map((p) => [at(p), p[3] - p[1]]) },
        {
          type: 'line', showSymbol: points.length < 30, symbolSize: 5, lineStyle: { width: 1.6, color: main }, itemStyle: { color: main },
          data: points.map((p) => [at(p), p[2]]), markLine: near.length ? { silent: true, symbol: 'none', data: near } : undefined,
        },
      ],
    }, true);
  }
  async function readHistory() {
    const query = { signals: byId('voice-signal').value, span: byId('voice-span').value };
    if (query.span === 'own') Object.assign(query, { from: byId('voice-from').value, to: byId('voice-to').value });
    try {
      shown = await read(query);
      drawHistory();
    } catch { byId('voice-said').textContent = words.failed; }
    const here = new URLSearchParams({ signal: query.signals, span: query.span, ...(query.from ? { from: query.from, to: query.to } : {}) });
    history.replaceState(history.state, '', `${location.pathname}?${here}`);
  }
  if (form) {
    const own = form.querySelector('.own');
    form.addEventListener('submit', (event) => { event.preventDefault(); readHistory(); });
    form.addEventListener('change', (event) => {
      own.hidden = byId('voice-span').value !== 'own';
      if (event.target.matches('select') && own.hidden) readHistory();
    });
    document.addEventListener('click', (event) => {
      const button = event.target.closest('[data-signal]');
      if (!button || ![...byId('voice-signal').options].some((one) => one.value === button.dataset.signal)) return;
      byId('voice-signal').value = button.dataset.signal;
      readHistory();
      form.scrollIntoView({ block: 'start' });
    });
    if (own.hidden || byId('voice-from').value) readHistory();
    readSparks();
  }

  // ---- where it is against its site ----------------------------------------------------------------------------------
  function drawMap() {
    const box = byId('voice-map'), source = byId('voice-map-data');
    if (!box || !source || !window.echarts) return;
    const { at, site, allowed_m: allowed } = JSON.parse(source.textContent);
    const metres = ([longitude, latitude]) => [
      (longitude - site[0]) * METRES_A_DEGREE * Math.cos(site[1] * Math.PI / 180), (latitude - site[1]) * METRES_A_DEGREE];
    const place = metres(at), reach = 1.15 * Math.max(allowed, Math.abs(place[0]), Math.abs(place[1]));
    const circle = Array.from({ length: CIRCLE_STEPS + 1 }, (_, step) => {
      const angle = 2 * Math.PI * step / CIRCLE_STEPS;
      return [allowed * Math.cos(angle), allowed * Math.sin(angle)];
    });
    const wide = box.clientWidth / box.clientHeight || 1;
    const axis = (most) => ({ type: 'value', min: -most, max: most, splitNumber: 4, axisLabel: { show: false }, axisTick: { show: false }, axisLine: { show: false }, splitLine: { lineStyle: { color: colour('--line'), type: 'dotted' } } });
    const far = Math.hypot(...place) > allowed;
    const label = (formatter) => ({ show: true, formatter, position: 'right', color: colour('--ink') });
    const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: 'canvas' });
    chart.setOption({
      ...base(), grid: { left: 0, right: 0, top: 0, bottom: 0 }, xAxis: axis(reach * Math.max(1, wide)), yAxis: axis(reach * Math.max(1, 1 / wide)),
      series: [
        { type: 'line', symbol: 'none', silent: true, data: circle, lineStyle: { color: colour('--good'), type: 'dashed', width: 1.5 } },
        { type: 'line', symbol: 'none', silent: true, data: [[0, 0], place], lineStyle: { color: colour('--quiet'), width: 1 } },
        { type: 'scatter', silent: true, symbol: 'diamond', symbolSize: 12, data: [[0, 0]], itemStyle: { color: colour('--ink') }, label: label(words.site) },
        { type: 'scatter', silent: true, symbolSize: 12, data: [place], itemStyle: { color: colour(far ? '--bad' : '--series-2') }, label: { ...label(far ? words.here : ''), show: far } },
      ],
    }, true);
  }
  drawMap();
  document.addEventListener('htmx:afterSwap', (event) => { if ((event.detail.target ?? event.target).id === 'voice-now') drawSparks(); });
  document.addEventListener('appearance', () => { drawHistory(); drawMap(); });
  addEventListener('resize', () => ['voice-chart', 'voice-map'].forEach((id) => { const box = byId(id); if (box) window.echarts?.getInstanceByDom(box)?.resize(); }));
})();
