import { useState } from "react";
import { useCancelSimulation } from "@/api/simulations";
import type { Simulation } from "@/api/types";
import { Button } from "@/components/button";
import { ErrorBanner } from "@/components/states";
import { CourseSoFar } from "@/features/lab/course-so-far";
import { count } from "@/lib/format";
import { useNow } from "@/lib/now";
import { perSecond, sampled, type Sample } from "@/lib/pace";
import { duration } from "@/lib/time";

function lead({ status, done, total }: Simulation): string {
  if (status === "queued") return "Waiting to start.";
  return total > 0 && done === total ? "Working out the result." : "Running.";
}

/** Return how many bars a second are decided, as seen since this page is open. */
function usePace(done: number): number | null {
  const at = useNow().getTime();
  const [samples, setSamples] = useState<readonly Sample[]>([{ at, done }]);
  const last = samples.at(-1);
  if (last?.done !== done && last?.at !== at) setSamples(sampled(samples, { at, done }));
  return perSecond(samples);
}

function Pace({ run }: { run: Simulation }) {
  const speed = usePace(run.done);
  const left = run.total - run.done;
  if (speed === null || left === 0) return null;
  return (
    <small>
      {count(Math.round(speed))} bars a second, about {duration(Math.ceil(left / speed))} left
    </small>
  );
}

/** Return how far a run is, its curve so far, and the button that cancels it. */
export function Progress({ run }: { run: Simulation }) {
  const cancel = useCancelSimulation();
  const { done, total } = run;
  const width = total > 0 ? (done / total) * 100 : 0;
  const curve = run.partial_curve;
  return (
    <>
      <section className="block">
        <div className="answer">
          <p className="sentence">
            <span className="lead">{lead(run)}</span>{" "}
            <span data-q="simulation.done">
              {count(done)} of {count(total)} bars
            </span>{" "}
            are decided. It goes on when this page is closed.
            {done === 0 ? " The first run after an update prepares itself for some seconds." : null}
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
            <Pace run={run} />
          </div>
        </div>
      </section>
      {curve.length > 1 ? <CourseSoFar curve={curve} symbol={run.symbol} /> : null}
    </>
  );
}
