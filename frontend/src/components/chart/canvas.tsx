import {
  BaselineSeries,
  createChart,
  createTextWatermark,
  LineSeries,
  LineStyle,
  type IChartApi,
  type UTCTimestamp,
} from "lightweight-charts";
import { useEffect, useRef } from "react";
import { resolveColours, type Colours } from "@/components/chart/colours";
import { rising, type Line, type Pane } from "@/components/chart/model";
import { Triangles } from "@/components/chart/triangles";
import { onColoursChange } from "@/lib/theme";

interface Props {
  panes: readonly Pane[];
  /** Says what the picture shows, for people who do not see it. */
  summary: string;
  onHover: (time: number | null) => void;
}

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

function layout(colours: Colours) {
  return {
    layout: {
      background: { color: "transparent" },
      textColor: colours.label,
      fontFamily: FONT,
      fontSize: 12,
      // The credit stands as text beside the chart instead of over the lines.
      attributionLogo: false,
      panes: {
        separatorColor: colours.line,
        separatorHoverColor: colours.line,
        enableResize: false,
      },
    },
    grid: { vertLines: { color: colours.grid }, horzLines: { color: colours.grid } },
    rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.14, bottom: 0.1 } },
    timeScale: { borderColor: colours.line },
    crosshair: {
      vertLine: { color: colours.label, labelVisible: true },
      horzLine: { color: colours.label },
    },
  };
}

function addLine(chart: IChartApi, line: Line, pane: Pane, index: number, colours: Colours) {
  const shared = {
    priceFormat: { type: "custom" as const, formatter: pane.axis, minMove: 0.0001 },
    priceLineVisible: false,
    lastValueVisible: line.look === "solid",
    crosshairMarkerRadius: 3,
  };
  const data = rising(line.points).map(({ time, value }) => ({
    time: time as UTCTimestamp,
    value,
  }));
  if (line.look === "area") {
    const area = chart.addSeries(
      BaselineSeries,
      {
        ...shared,
        baseValue: { type: "price", price: 0 },
        lineWidth: 1,
        topLineColor: colours.ink,
        bottomLineColor: colours.ink,
        topFillColor1: colours.fill,
        topFillColor2: colours.fill,
        bottomFillColor1: colours.fill,
        bottomFillColor2: colours.fill,
      },
      index,
    );
    area.setData(data);
    return area;
  }
  const dashed = line.look === "dashed";
  const series = chart.addSeries(
    LineSeries,
    {
      ...shared,
      color: dashed ? colours.hold : colours.ink,
      lineWidth: dashed ? 1 : 2,
      lineStyle: dashed ? LineStyle.LargeDashed : LineStyle.Solid,
    },
    index,
  );
  series.setData(data);
  return series;
}

function draw(host: HTMLElement, panes: readonly Pane[], intraday: boolean): IChartApi {
  const colours = resolveColours(host);
  const look = layout(colours);
  const chart = createChart(host, {
    ...look,
    autoSize: true,
    timeScale: {
      ...look.timeScale,
      timeVisible: intraday,
      // Small enough that the whole of a long run fits the width.
      minBarSpacing: 0.001,
      // Without it a hundred thousand points pan at three frames a second.
      enableConflation: true,
      precomputeConflationOnInit: true,
    },
    handleScroll: { vertTouchDrag: false },
  });
  panes.forEach((pane, index) => {
    const [first] = pane.lines.map((line) => addLine(chart, line, pane, index, colours));
    if (first && pane.markers) first.attachPrimitive(new Triangles(pane.markers, colours));
    const api = chart.panes()[index];
    if (!api) return;
    api.setStretchFactor(pane.height);
    createTextWatermark(api, {
      horzAlign: "left",
      vertAlign: "top",
      lines: [{ text: pane.title, color: colours.label, fontSize: 12, fontFamily: FONT }],
    });
  });
  chart.timeScale().fitContent();
  return chart;
}

/** Return the drawn chart; it is redrawn when the data or the colours change. */
export default function ChartCanvas({ panes, summary, onHover }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const height = panes.reduce((sum, pane) => sum + pane.height, 28);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const points = panes[0]?.lines[0]?.points ?? [];
    const gap = (points[1]?.time ?? 0) - (points[0]?.time ?? 0);
    const intraday = points.length > 1 && gap < 12 * 3600;
    let chart: IChartApi;
    const start = () => {
      chart = draw(element, panes, intraday);
      chart.subscribeCrosshairMove((event) => onHover((event.time as number | undefined) ?? null));
    };
    start();
    const stop = onColoursChange(() => {
      chart.remove();
      start();
    });
    return () => {
      stop();
      chart.remove();
    };
  }, [panes, onHover]);

  return (
    <div ref={host} className="chart-canvas" style={{ height }} role="img" aria-label={summary} />
  );
}
