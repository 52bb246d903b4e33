import { lazy, Suspense, useCallback, useState, type ReactNode } from "react";
import type { Pane } from "@/components/chart/model";
import { Button } from "@/components/button";
import { Skeleton } from "@/components/states";

// The chart library is half of all the code; it comes only when a chart is shown.
const ChartCanvas = lazy(() => import("@/components/chart/canvas"));

interface Props {
  title: string;
  panes: readonly Pane[];
  summary: string;
  /** The legend row for the hovered time, or for the last point when nothing is hovered. */
  legend: (time: number | null) => ReactNode;
  /** The same data as a table. */
  table: ReactNode;
}

/** Return a block with a chart, its legend row and its table view. */
export function Chart({ title, panes, summary, legend, table }: Props) {
  const [time, setTime] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  const hover = useCallback((at: number | null) => setTime(at), []);
  const height = panes.reduce((sum, pane) => sum + pane.height, 28);

  return (
    <section className="block">
      <header>
        <h2>{title}</h2>
        <span className="grow" />
        <Button look="plain" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? "Show as chart" : "Show as table"}
        </Button>
      </header>
      {asTable ? (
        <div className="chart-table">{table}</div>
      ) : (
        <>
          <div className="legend">{legend(time)}</div>
          <div className="chart">
            <Suspense fallback={<Skeleton width="100%" height={height} />}>
              <ChartCanvas panes={panes} summary={summary} onHover={hover} />
            </Suspense>
          </div>
        </>
      )}
      <footer>
        <span>Drag or scroll to move and zoom.</span>
        <a className="chart-note" href="https://www.tradingview.com" rel="noreferrer">
          Charts: TradingView Lightweight Charts™
        </a>
      </footer>
    </section>
  );
}
