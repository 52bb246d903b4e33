import { Link } from "wouter";
import { useSimulations } from "@/api/simulations";
import type { Simulation } from "@/api/types";
import { DataTable } from "@/components/data-table";
import { ErrorBanner, Skeleton } from "@/components/states";
import { Moment, Value } from "@/components/value";
import { count, money, percentChange, setting, UNKNOWN } from "@/lib/format";
import { useNow } from "@/lib/now";
import { calendarDate, exchangeMoment } from "@/lib/time";
import { executionWords } from "@/lib/words";
import { RunStatus } from "@/features/lab/run-status";

function outcome(run: Simulation) {
  if (!run.result) return UNKNOWN;
  return (
    <>
      <Value q="result.final.equity">{money(run.result.final.equity)}</Value>
      <small>
        <Value q="result.metrics.total_return">
          {percentChange(run.result.metrics.total_return)}
        </Value>
      </small>
    </>
  );
}

function holding(run: Simulation) {
  const hold = run.result?.benchmarks.hold_opening_mix;
  if (!hold) return UNKNOWN;
  return (
    <>
      <Value q="result.benchmarks.hold_opening_mix.equity">{money(hold.equity)}</Value>
      <small>
        <Value q="result.benchmarks.hold_opening_mix.total_return">
          {percentChange(hold.total_return)}
        </Value>
      </small>
    </>
  );
}

/** Return the earlier runs, newest first. */
export function RunList() {
  const runs = useSimulations();
  const now = useNow();
  return (
    <section className="block">
      <header>
        <h2>Earlier runs</h2>
        <small>newest first</small>
      </header>
      {runs.error ? (
        <div className="body">
          <ErrorBanner
            error={runs.error}
            what="The runs could not be read"
            rowsFrom={runs.dataUpdatedAt}
            onRetry={() => void runs.refetch()}
          />
        </div>
      ) : null}
      {runs.isPending ? (
        <div className="body" aria-busy="true">
          <Skeleton width="100%" height={160} />
        </div>
      ) : runs.data?.items.length === 0 ? (
        <div className="empty">
          <h2>No simulation yet</h2>
          <p>
            A simulation replays the robot&apos;s own rules over recorded prices: the same decisions
            as on live prices, one for every bar. The settings at the side are ready to run on real
            KO prices.
          </p>
        </div>
      ) : (
        <DataTable<Simulation>
          caption="Earlier simulations"
          rows={runs.data?.items ?? []}
          rowKey={(run) => run.id}
          columns={[
            {
              head: "Run",
              rowHead: true,
              full: true,
              cell: (run) => (
                <>
                  <Link href={`/lab/${run.id}`}>
                    <b>{run.symbol}</b>
                  </Link>{" "}
                  {calendarDate(run.request.start)} to {calendarDate(run.request.end)}
                </>
              ),
            },
            {
              head: "Triggers",
              cell: (run) =>
                `+${setting(run.request.strategy.trigger.up)}, −${setting(run.request.strategy.trigger.down)}`,
            },
            { head: "Fills", cell: (run) => executionWords(run.request.execution) },
            { head: "Status", cell: (run) => <RunStatus run={run} /> },
            { head: "Robot", num: true, cell: outcome },
            { head: "Holding", num: true, cell: holding },
            { head: "Trades", num: true, cell: (run) => count(run.result?.counts.trades) },
            {
              head: "Started",
              num: true,
              cell: (run) => (
                <Moment at={run.created_at} text={exchangeMoment(run.created_at, now)} />
              ),
            },
          ]}
        />
      )}
    </section>
  );
}
