import { useCancelSimulation } from "@/api/simulations";
import type { Simulation } from "@/api/types";
import { Button } from "@/components/button";
import { ErrorBanner } from "@/components/states";
import { count } from "@/lib/format";

function lead({ status, done, total }: Simulation): string {
  if (status === "queued") return "Waiting to start.";
  return total > 0 && done === total ? "Working out the result." : "Running.";
}

/** Return how far a run is, and the button that cancels it. */
export function Progress({ run }: { run: Simulation }) {
  const cancel = useCancelSimulation();
  const { done, total } = run;
  const width = total > 0 ? (done / total) * 100 : 0;
  return (
    <section className="block">
      <div className="answer">
        <p className="sentence">
          <span className="lead">{lead(run)}</span>{" "}
          <span data-q="simulation.done">
            {count(done)} of {count(total)} bars
          </span>{" "}
          are decided. It goes on when this page is closed.
          {run.request.execution.model === "touch" && done === 0
            ? " The first run inside the bar after a start prepares itself for about half a minute."
            : null}
        </p>
      </div>
      <div className="body form">
        <div
          className="progress"
          role="progressbar"
          aria-label="Bars decided"
          aria-valuemin={0}
          aria-valuemax={total}
          aria-valuenow={done}
        >
          <i style={{ width: `${width}%` }} />
        </div>
        {cancel.error ? (
          <ErrorBanner error={cancel.error} what="The simulation was not cancelled" />
        ) : null}
        <div className="btn-row">
          <Button busy={cancel.isPending} onClick={() => cancel.mutate(run.id)}>
            Cancel simulation
          </Button>
        </div>
      </div>
    </section>
  );
}
