// The parts of ECharts that the console draws with; esbuild leaves the rest out.
// A part is added here together with the page that first needs it.
import * as echarts from 'echarts/core';
import { BarChart, LineChart, PieChart, ScatterChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { LabelLayout } from 'echarts/features';
import { CanvasRenderer } from 'echarts/renderers';

echarts.use([
  BarChart, LineChart, PieChart, ScatterChart,
  AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent,
  LabelLayout, CanvasRenderer,
]);

window.echarts = { init: echarts.init, getInstanceByDom: echarts.getInstanceByDom };
