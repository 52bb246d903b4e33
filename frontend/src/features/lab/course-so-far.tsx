import { useMemo } from "react";
import type { CurvePoint } from "@/api/types";
import { Chart } from "@/components/chart/chart";
import { chartTime, type Pane } from "@/components/chart/model";
import { DataTable } from "@/components/data-table";
import { axisMoney, money } from "@/lib/format";
import { exchangeDate } from "@/lib/time";

function panesOf(curve: readonly CurvePoint[]): Pane[] {
  const points = curve.map(({ at, equity }) => ({ time: chartTime(at), value: Number(equity) }));
  return [{ title: "Value, $", height: 230, axis: axisMoney, lines: [{ look: "solid", points }] }];
}

function Legend({ curve, time }: { curve: readonly CurvePoint[]; time: number | null }) {
  const hovered = time === null ? undefined : curve.find(({ at }) => chartTime(at) === time);
  const point = hovered ?? curve.at(-1);
  if (!point) return null;
  return (
    <>
      <span>
        <i className="stroke" /> Robot{" "}
        <b data-q="simulation.partial_curve.equity">{money(point.equity)}</b>
      </span>
      <span className="when">{exchangeDate(point.at)}</span>
    </>
  );
}

/** Return the robot's value as far as a run has come. */
export function CourseSoFar({ curve, symbol }: { curve: readonly CurvePoint[]; symbol: string }) {
  const panes = useMemo(() => panesOf(curve), [curve]);
  return (
    <Chart
      title="Course so far"
      panes={panes}
      summary={`Value of the robot on ${symbol} as far as the run has come.`}
      legend={(time) => <Legend curve={curve} time={time} />}
      table={
        <DataTable
          caption="Value of the robot so far"
          rows={curve}
          rowKey={({ at }) => at}
          columns={[
            { head: "Date", rowHead: true, cell: ({ at }) => exchangeDate(at) },
            { head: "Robot", num: true, cell: ({ equity }) => money(equity) },
          ]}
        />
      }
    />
  );
}
