// Draws the board's charts from the JSON in the page, in the colours of the theme. A click on a bar leads to its list.
(() => {
  const source = document.getElementById('board-data');
  if (!source || !window.echarts) return;
  const data = JSON.parse(source.textContent);
  const ROW_PX = 24, PADDING_PX = 16;
  const TONES = {
    active: '--good', installed: '--good', faulty: '--bad', lost: '--bad', evidence: '--bad', rejected: '--bad',
    repair: '--warn', quarantine: '--warn', suspended: '--warn', scrap_pending: '--warn', withdrawing: '--warn', returning: '--warn',
    scrapped: '--off', cancelled: '--off',
  };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = new Intl.NumberFormat('en');

  function options(lines) {
    const ink = colour('--ink'), quiet = colour('--quiet'), font = getComputedStyle(document.body).fontFamily;
    const reversed = [...lines].reverse(); // the first bar on top
    return {
      animationDuration: 150, textStyle: { fontFamily: font, fontSize: 12 },
      grid: { left: 0, right: 56, top: 4, bottom: 4, containLabel: true },
      tooltip: { renderMode: 'richText', formatter: (p) => `${p.name}: ${number.format(p.value)}` },
      xAxis: { type: 'value', show: false },
      yAxis: {
        type: 'category', data: reversed.map((line) => line.label), axisLine: { show: false }, axisTick: { show: false },
        axisLabel: { color: quiet, width: 150, overflow: 'truncate' },
      },
      series: [{
        type: 'bar', barMaxWidth: 14, cursor: 'pointer',
        data: reversed.map((line) => ({
          value: line.count, url: line.url,
          itemStyle: { color: colour(line.state ? TONES[line.state] || '--series-2' : '--series-2'), borderRadius: [0, 3, 3, 0] },
        })),
        label: { show: true, position: 'right', color: ink, formatter: (p) => number.format(p.value) },
      }],
    };
  }

  function draw() {
    document.querySelectorAll('[data-chart]').forEach((box) => {
      const lines = data[box.dataset.chart];
      const height = lines.length * ROW_PX + PADDING_PX;
      const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: 'canvas', height });
      chart.setOption(options(lines), true);
      chart.off('click');
      chart.on('click', (event) => { if (event.data.url) location.assign(event.data.url); });
    });
  }
  draw();
  document.addEventListener('appearance', draw);
  addEventListener('resize', () => document.querySelectorAll('[data-chart]').forEach((box) => echarts.getInstanceByDom(box)?.resize()));
})();
