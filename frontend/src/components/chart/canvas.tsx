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

type Series = ReturnType<typeof addLine>;

interface Drawn {
  chart: IChartApi;
  /** The lines of all panes, one after another. */
  series: Series[];
}

function addLine(chart: IChartApi, line: Line, pane: Pane, index: number, colours: Colours) {
  const shared = {
    priceFormat: { type: "custom" as const, formatter: pane.axis, minMove: 0.0001 },
    priceLineVisible: false,
    lastValueVisible: line.look === "solid",
    crosshairMarkerRadius: 3,
  };
  if (line.look === "area") {
    return chart.addSeries(
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
  }
  const dashed = line.look === "dashed";
  return chart.addSeries(
    LineSeries,
    {
      ...shared,
      color: dashed ? colours.hold : colours.ink,
      lineWidth: dashed ? 1 : 2,
      lineStyle: dashed ? LineStyle.LargeDashed : LineStyle.Solid,
    },
    index,
  );
}

function draw(host: HTMLElement, panes: readonly Pane[], intraday: boolean): Drawn {
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
  const series = panes.flatMap((pane, index) => {
    const added = pane.lines.map((line) => addLine(chart, line, pane, index, colours));
    const [first] = added;
    if (first && pane.markers) first.attachPrimitive(new Triangles(pane.markers, colours));
    const api = chart.panes()[index];
    api?.setStretchFactor(pane.height);
    if (api) {
      createTextWatermark(api, {
        horzAlign: "left",
        vertAlign: "top",
        lines: [{ text: pane.title, color: colours.label, fontSize: 12, fontFamily: FONT }],
      });
    }
    return added;
  });
  return { chart, series };
}

function fill({ chart, series }: Drawn, panes: readonly Pane[]): void {
  const lines = panes.flatMap((pane) => pane.lines);
  series.forEach((each, index) => {
    const points = rising(lines[index]?.points ?? []);
    each.setData(points.map(({ time, value }) => ({ time: time as UTCTimestamp, value })));
  });
  chart.timeScale().fitContent();
}

function isIntraday(panes: readonly Pane[]): boolean {
  const points = panes[0]?.lines[0]?.points ?? [];
  const gap = (points[1]?.time ?? 0) - (points[0]?.time ?? 0);
  return points.length > 1 && gap < 12 * 3600;
}

// What a chart is built from; while it stays the same, only new points are filled in.
function shapeOf(panes: readonly Pane[]): string {
  const parts = panes.map(({ title, height, lines, markers }) => [
    title,
    height,
    lines.map(({ look }) => look),
    markers?.length,
  ]);
  return JSON.stringify([parts, isIntraday(panes)]);
}

/** Return the drawn chart; it is redrawn when its shape or the colours change. */
export default function ChartCanvas({ panes, summary, onHover }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const height = panes.reduce((sum, pane) => sum + pane.height, 28);

  const drawn = useRef<Drawn>(null);
  const latest = useRef(panes);
  const shape = shapeOf(panes);

  useEffect(() => {
    latest.current = panes;
    if (drawn.current) fill(drawn.current, panes);
  }, [panes]);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const start = () => {
      const made = draw(element, latest.current, isIntraday(latest.current));
      fill(made, latest.current);
      made.chart.subscribeCrosshairMove((event) =>
        onHover((event.time as number | undefined) ?? null),
      );
      drawn.current = made;
    };
    const end = () => {
      drawn.current?.chart.remove();
      drawn.current = null;
    };
    start();
    const stop = onColoursChange(() => {
      end();
      start();
    });
    return () => {
      stop();
      end();
    };
  }, [shape, onHover]);

  return (
    <div ref={host} className="chart-canvas" style={{ height }} role="img" aria-label={summary} />
  );
}
