import type { SimulationResult } from "@/api/types";
import { DataTable } from "@/components/data-table";
import { Value } from "@/components/value";
import { count, percent, plural } from "@/lib/format";
import { calendarDate } from "@/lib/time";

/** Return the deepest drawdowns, the deepest first, folded. */
export function Drawdowns({ result }: { result: SimulationResult }) {
  const { drawdowns } = result;
  if (drawdowns.length === 0) return null;
  const rows = drawdowns.map((drawdown, index) => ({ ...drawdown, place: index + 1 }));
  return (
    <section className="block">
      <details className="fold">
        <summary>
          <h2>Drawdowns</h2>
          <small>the {plural(drawdowns.length, "deepest", "deepest")}</small>
        </summary>
        <DataTable
          caption="The deepest drawdowns of the robot"
          rows={rows}
          rowKey={({ place }) => place}
          columns={[
            {
              head: "Depth",
              rowHead: true,
              full: true,
              cell: ({ depth }) => <Value q="result.drawdowns.depth">{percent(depth)}</Value>,
            },
            { head: "Peak", cell: ({ peak }) => calendarDate(peak) },
            { head: "Low", cell: ({ trough }) => calendarDate(trough) },
            {
              head: "Recovered",
              cell: ({ recovery, place }) =>
                recovery === null ? (
                  <span className="soft">
                    {result.undefined[`drawdowns.${place - 1}.recovery`] ?? "not yet"}
                  </span>
                ) : (
                  calendarDate(recovery)
                ),
            },
            {
              head: "Days below the peak",
              num: true,
              cell: ({ days }) => <Value q="result.drawdowns.days">{count(days)}</Value>,
            },
          ]}
        />
      </details>
    </section>
  );
}
