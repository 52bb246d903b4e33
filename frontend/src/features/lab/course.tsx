import { useMemo } from "react";
import { useEquity, useSimulationTrades } from "@/api/simulations";
import type { EquitySeries, SimulatedTrade, Simulation } from "@/api/types";
import { Chart } from "@/components/chart/chart";
import { chartTime, type Marker, type Pane, type Point } from "@/components/chart/model";
import { DataTable } from "@/components/data-table";
import { ErrorBanner, Skeleton } from "@/components/states";
import { axisMoney, axisPercent, barePrice, count, money, price, shares } from "@/lib/format";
import { exchangeDate } from "@/lib/time";

const TRADES_DRAWN = 1000;

// Drawing only: the depth of the curve below its highest point so far. The figures that are told,
// such as the largest drawdown, come from the API.
function belowPeak(points: readonly Point[]): Point[] {
  let peak = 0;
  return points.map(({ time, value }) => {
    peak = Math.max(peak, value);
    return { time, value: peak > 0 ? value / peak - 1 : 0 };
  });
}

function panesOf(series: EquitySeries, trades: readonly SimulatedTrade[]): Pane[] {
  const robot = series.items.map(({ at, equity }) => ({
    time: chartTime(at),
    value: Number(equity),
  }));
  const holding = series.holding.map(({ at, equity }) => ({
    time: chartTime(at),
    value: Number(equity),
  }));
  const prices = series.items.map((item) => ({
    time: chartTime(item.at),
    value: Number(item.price),
  }));
  const markers: Marker[] = trades.map((trade) => ({
    time: chartTime(trade.at),
    value: Number(trade.price),
    side: trade.side,
  }));
  return [
    {
      title: "Value, $",
      height: 230,
      axis: axisMoney,
      lines: [
        { look: "solid", points: robot },
        { look: "dashed", points: holding },
      ],
    },
    {
      title: "Drawdown",
      height: 90,
      axis: axisPercent,
      lines: [{ look: "area", points: belowPeak(robot) }],
    },
    {
      title: "Price and trades",
      height: 230,
      axis: (value) => barePrice(String(value)),
      lines: [{ look: "solid", points: prices }],
      markers,
    },
  ];
}

interface LegendProps {
  series: EquitySeries;
  time: number | null;
  sold: number;
  bought: number;
}

function Legend({ series, time, sold, bought }: LegendProps) {
  const found = time === null ? -1 : series.items.findIndex(({ at }) => chartTime(at) === time);
  const index = found < 0 ? series.items.length - 1 : found;
  const item = series.items[index];
  const holding = series.holding[index];
  if (!item) return null;
  return (
    <>
      <span>
        <i className="stroke" /> Robot <b data-q="equity.equity">{money(item.equity)}</b>
      </span>
      <span>
        <i className="stroke dashed" /> Holding{" "}
        <b data-q="holding.equity">{money(holding?.equity)}</b>
      </span>
      <span>
        Price <b data-q="equity.price">{price(item.price)}</b>
      </span>
      <span className="sell">▼ Sold {count(sold)}</span>
      <span className="buy">▲ Bought {count(bought)}</span>
      <span className="when">{exchangeDate(item.at)}</span>
    </>
  );
}

function CurveTable({ series }: { series: EquitySeries }) {
  const rows = series.items.map((item, index) => ({ ...item, holding: series.holding[index] }));
  return (
    <DataTable
      caption="Value of the robot and of holding"
      rows={rows}
      rowKey={(row) => row.at}
      columns={[
        { head: "Date", rowHead: true, cell: (row) => exchangeDate(row.at) },
        { head: "Price", num: true, cell: (row) => barePrice(row.price) },
        { head: "Robot", num: true, cell: (row) => money(row.equity) },
        { head: "Holding", num: true, cell: (row) => money(row.holding?.equity) },
        { head: "Cash", num: true, cell: (row) => money(row.cash) },
        { head: "Shares", num: true, cell: (row) => shares(row.shares) },
      ]}
    />
  );
}

/** Return the course of a run: value against holding, drawdown, and the trades on the price. */
export function Course({ run }: { run: Simulation }) {
  const equity = useEquity(run.id);
  const drawn = useSimulationTrades(run.id, TRADES_DRAWN);
  const series = equity.data;
  const trades = useMemo(() => drawn.data?.pages.flatMap((page) => page.items) ?? [], [drawn.data]);
  const panes = useMemo(() => (series ? panesOf(series, trades) : []), [series, trades]);
  if (equity.error) {
    return (
      <ErrorBanner
        error={equity.error}
        what="The curve could not be read"
        onRetry={() => void equity.refetch()}
      />
    );
  }
  if (!series) {
    return (
      <section className="block" aria-busy="true">
        <div className="body">
          <Skeleton width="100%" height={600} />
        </div>
      </section>
    );
  }
  const sold = trades.filter(({ side }) => side === "sell").length;
  return (
    <Chart
      title="Course"
      panes={panes}
      summary={`Value of the robot and of holding, drawdown, and ${run.symbol} with ${trades.length} trades, ${run.request.start} to ${run.request.end}.`}
      legend={(time) => (
        <Legend series={series} time={time} sold={sold} bought={trades.length - sold} />
      )}
      table={<CurveTable series={series} />}
    />
  );
}
