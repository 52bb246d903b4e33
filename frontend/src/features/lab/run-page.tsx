import { useLocation } from "wouter";
import { useRunSimulation, useSimulation } from "@/api/simulations";
import type { Simulation, SimulationResult } from "@/api/types";
import { Button } from "@/components/button";
import { KpiSkeleton } from "@/components/kpis";
import { Banner, ErrorBanner, Skeleton } from "@/components/states";
import { Attribution } from "@/features/lab/attribution";
import { Course } from "@/features/lab/course";
import { Drawdowns } from "@/features/lab/drawdowns";
import { Envelope } from "@/features/lab/envelope";
import { Benchmarks, Measures } from "@/features/lab/measures";
import { Months } from "@/features/lab/months";
import { Progress } from "@/features/lab/progress";
import { repeatRequest } from "@/features/lab/repeat";
import { RunForm } from "@/features/lab/run-form";
import { RunStatus } from "@/features/lab/run-status";
import { Trades } from "@/features/lab/trades";
import { Verdict } from "@/features/lab/verdict";
import { plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { calendarDate } from "@/lib/time";
import { executionWords } from "@/lib/words";

function Proof({ run, result }: { run: Simulation; result: SimulationResult }) {
  return (
    <section className="block">
      <div className="evidence-proof">
        <span>
          Result{" "}
          <span className="mono" data-q="result.digest">
            {result.digest}
          </span>
        </span>
        <span>
          Data <span className="mono">{run.dataset_digest}</span>
        </span>
        <span>Rules {result.rules_version}</span>
        <span data-q="simulation.request.execution">
          Fills: {executionWords(run.request.execution)}
        </span>
        <span>The same inputs give the same digest on every machine.</span>
      </div>
    </section>
  );
}

function Outcome({ run }: { run: Simulation }) {
  switch (run.status) {
    case "queued":
    case "running":
      return <Progress run={run} />;
    case "failed":
      return (
        <Banner title="The simulation failed">
          <p>{run.error ?? "No cause was recorded."}</p>
          <p>The inputs are kept in the form: change what the cause names and run it again.</p>
        </Banner>
      );
    case "cancelled":
      return (
        <Banner tone="warn" title="The simulation was cancelled">
          <p>Nothing of it was kept but its inputs, which are in the form.</p>
        </Banner>
      );
    case "completed": {
      if (!run.result) return null;
      const { min_stock: min, max_stock: max } = run.request.strategy.guardrails;
      return (
        <>
          <Verdict result={run.result} />
          {run.result.halted_at ? (
            <Banner
              tone="warn"
              title={`The run ended early, on ${calendarDate(run.result.halted_at)}`}
            />
          ) : null}
          <Envelope result={run.result} />
          <Course run={run} />
          <Attribution result={run.result} />
          <Months result={run.result} />
          <Benchmarks result={run.result} />
          <Measures result={run.result} />
          <Drawdowns result={run.result} />
          <Trades run={run} limits={{ min, max }} />
          <Proof run={run} result={run.result} />
        </>
      );
    }
  }
}

function Loading() {
  return (
    <section className="block" aria-busy="true">
      <div className="answer">
        <Skeleton width="78%" height={48} />
      </div>
      <KpiSkeleton labels={["Robot", "Holding", "Trades", "Decisions"]} />
    </section>
  );
}

function Head({ run }: { run: Simulation }) {
  const [, navigate] = useLocation();
  const again = useRunSimulation();
  return (
    <>
      <div className="page-head">
        <h1>
          {run.symbol}, {run.request.start.slice(0, 4)}–{run.request.end.slice(0, 4)}
        </h1>
        <span className="mode">SIMULATION</span>
        <RunStatus run={run} />
        {run.result ? <small>{plural(run.result.bars, "bar")}</small> : null}
        <div className="actions">
          <Button
            busy={again.isPending}
            onClick={() =>
              again.mutate(repeatRequest(run), { onSuccess: ({ id }) => navigate(`/lab/${id}`) })
            }
          >
            Re-run identical
          </Button>
        </div>
      </div>
      {again.error ? <ErrorBanner error={again.error} what="The run was not repeated" /> : null}
    </>
  );
}

/** Return one simulation: its progress, its failure or its result, beside its inputs. */
export default function RunPage({ id }: { id: string }) {
  const simulation = useSimulation(id);
  const run = simulation.data;
  usePageTitle(run ? `${run.symbol} ${run.request.start.slice(0, 4)}` : "Simulation", "SIMULATION");
  return (
    <>
      {run ? (
        <Head run={run} />
      ) : (
        <div className="page-head">
          <h1>Simulation</h1>
          <span className="mode">SIMULATION</span>
        </div>
      )}
      {simulation.error ? (
        <ErrorBanner
          error={simulation.error}
          what="The simulation could not be read"
          rowsFrom={simulation.dataUpdatedAt}
          onRetry={() => void simulation.refetch()}
        />
      ) : null}
      {run ? (
        <div className="lab of-run">
          <RunForm run={run} />
          <div>
            <Outcome run={run} />
          </div>
        </div>
      ) : simulation.isPending ? (
        <Loading />
      ) : null}
    </>
  );
}
