import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { heard, unheard } from "@/api/link";
import { isActive } from "@/api/simulations";
import type { StreamEvent, Told } from "@/api/stream";
import type { Simulation, Status, Trading } from "@/api/types";

type Job = Extract<StreamEvent, { kind: "job" }>["body"];
type Switch = Extract<StreamEvent, { kind: "trading" }>["body"];
type Health = Extract<StreamEvent, { kind: "health" }>["body"];

/** What came since the last frame; it is bounded, however long nobody looks. */
class Batch {
  everything = false;
  readonly positions = new Set<string>();
  readonly jobs = new Map<string, Job>();
  trading: Switch | null = null;
  health: Health | null = null;

  add(event: StreamEvent): void {
    switch (event.kind) {
      case "decision":
      case "order":
      case "fill":
      case "position":
        this.positions.add(event.body.position_id);
        break;
      case "job":
        this.jobs.set(event.body.id, event.body);
        break;
      case "trading":
        this.trading = event.body;
        break;
      case "health":
        this.health = event.body;
        break;
      case "reset":
        this.everything = true;
        break;
      // No page shows a price that no decision used.
      case "price":
      case "ping":
        break;
    }
  }
}

function progressed(run: Simulation, job: Job): Simulation {
  // An event that is told again after a lost connection says less than what was read since.
  if (!isActive(run) || job.done < run.done) return run;
  return { ...run, status: job.status, done: job.done, total: job.total, partial_curve: job.curve };
}

/** Read again what begins with `queryKey`, for an answer under way may be older than the event. */
function readAgain(queries: QueryClient, ...queryKey: QueryKey): void {
  // Of itself, the very first read of a query would be waited for instead of repeated.
  void queries.cancelQueries({ queryKey, type: "active" }, { silent: true });
  void queries.invalidateQueries({ queryKey });
}

function patch(queries: QueryClient, batch: Batch): void {
  if (batch.everything) {
    readAgain(queries);
    return;
  }
  const { health, trading } = batch;
  if (trading) {
    queries.setQueryData<Trading>(["trading"], (known) => known && { ...known, ...trading });
    queries.setQueryData<Status>(
      ["status"],
      (status) => status && { ...status, trading_halted: trading.halted },
    );
    readAgain(queries, "trading");
  }
  if (health) {
    queries.setQueryData<Status>(
      ["status"],
      (status) => status && { ...status, dependencies: health.dependencies },
    );
  }
  if (health ?? trading) readAgain(queries, "status");
  for (const job of batch.jobs.values()) {
    if (job.job === "fetch") {
      readAgain(queries, "fetches");
      if (!isActive(job)) readAgain(queries, "datasets");
      continue;
    }
    if (!isActive(job)) {
      readAgain(queries, "simulations", "list");
      readAgain(queries, "simulations", job.id);
      continue;
    }
    queries.setQueryData<Simulation>(["simulations", job.id], (run) => run && progressed(run, job));
    queries.setQueryData<{ items: Simulation[] }>(
      ["simulations", "list"],
      (page) =>
        page && {
          ...page,
          items: page.items.map((run) => (run.id === job.id ? progressed(run, job) : run)),
        },
    );
  }
  if (batch.positions.size > 0) {
    readAgain(queries, "positions", "list");
    for (const id of batch.positions) {
      readAgain(queries, "positions", id);
    }
  }
}

// Nothing is painted in a hidden tab, and no frame comes there.
function atNextFrame(work: () => void): void {
  if (document.hidden) setTimeout(work, 1000);
  else requestAnimationFrame(work);
}

/** Return what keeps the cache and the link as they are told, once a frame. */
export function patching(queries: QueryClient): (told: Told) => void {
  let batch: Batch | null = null;
  let isInterrupted = false;
  const flush = () => {
    const due = batch;
    batch = null;
    if (due) patch(queries, due);
  };
  return (told) => {
    if (told.kind === "closed") {
      unheard();
      return;
    }
    // While what it reads from is away, the stream lives but tells nothing: the pages ask.
    if (told.kind === "reset") isInterrupted = told.body.reason === "interrupted";
    if (isInterrupted) unheard();
    else heard();
    if (told.kind === "open") {
      void queries.refetchQueries({ predicate: ({ state }) => state.status === "error" });
      return;
    }
    if (!batch) {
      batch = new Batch();
      atNextFrame(flush);
    }
    batch.add(told);
  };
}
