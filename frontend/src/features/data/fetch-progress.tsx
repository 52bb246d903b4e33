import { useEffect } from "react";
import { Link } from "wouter";
import { useQueryClient } from "@tanstack/react-query";
import { isGoing, useCancelFetch, useDataset, useFetch } from "@/api/datasets";
import type { Fetch } from "@/api/types";
import { Button } from "@/components/button";
import { Banner, ErrorBanner, Skeleton } from "@/components/states";
import { Findings } from "@/features/data/findings";
import { plural } from "@/lib/format";
import { calendarDate } from "@/lib/time";
import { resolutionWords } from "@/lib/data-words";

function wishWords({ symbol, resolution, start, end }: Fetch): string {
  return `${symbol}, ${resolutionWords(resolution)}, ${calendarDate(start)} to ${calendarDate(end)}`;
}

function Going({ job }: { job: Fetch }) {
  const cancel = useCancelFetch();
  return (
    <div className="body form">
      <p data-q="fetch.status">
        {job.status === "queued"
          ? "Waiting for the fetch before it."
          : "Asking the provider. It goes on when this page is closed."}
      </p>
      <div
        className="progress"
        role="progressbar"
        aria-label="Parts fetched"
        aria-valuemin={0}
        aria-valuemax={job.total}
        aria-valuenow={job.done}
      >
        <i style={{ width: `${(job.done / job.total) * 100}%` }} />
      </div>
      {cancel.error ? (
        <ErrorBanner error={cancel.error} what="The fetch was not cancelled" />
      ) : null}
      <div className="btn-row">
        <Button busy={cancel.isPending} onClick={() => cancel.mutate(job.id)}>
          Cancel fetch
        </Button>
      </div>
    </div>
  );
}

function Completed({ job, id }: { job: Fetch; id: string }) {
  const dataset = useDataset(id);
  if (dataset.error) {
    return (
      <div className="body">
        <ErrorBanner error={dataset.error} what="The dataset could not be read" />
      </div>
    );
  }
  if (!dataset.data) {
    return (
      <div className="body" aria-busy="true">
        <Skeleton width="100%" height={80} />
      </div>
    );
  }
  const { bars, first_session: first, last_session: last, findings } = dataset.data;
  return (
    <>
      <div className="answer">
        <p className="sentence" data-q="dataset.bars">
          {plural(bars, "bar")}, {calendarDate(first)} to {calendarDate(last)}
          {last < job.end ? `; nothing later is settled before ${calendarDate(job.end)}` : ""}.{" "}
          <Link href={`/lab/data/${id}`}>Open dataset</Link>
        </p>
      </div>
      <Findings findings={findings} />
    </>
  );
}

function Outcome({ job }: { job: Fetch }) {
  switch (job.status) {
    case "queued":
    case "running":
      return <Going job={job} />;
    case "cancelled":
      return <p className="body">Cancelled. Nothing of it was kept.</p>;
    case "failed":
      return (
        <div className="body">
          <Banner title="The prices could not be fetched">
            <p>{job.error ?? "No cause was recorded."}</p>
            <p>The datasets below are stored here and can be used without the provider.</p>
          </Banner>
        </div>
      );
    case "completed":
      return job.dataset_id ? <Completed job={job} id={job.dataset_id} /> : null;
  }
}

/** Return how far a fetch is, and at its end the dataset with its quality report. */
export function FetchProgress({ id }: { id: string }) {
  const job = useFetch(id);
  const queries = useQueryClient();
  const isDone = job.data !== undefined && !isGoing(job.data);

  useEffect(() => {
    if (isDone) void queries.invalidateQueries({ queryKey: ["datasets", "list"] });
  }, [isDone, queries]);

  return (
    <section className="block" aria-live="polite">
      <header>
        <h2>Fetch</h2>
        {job.data ? <small>{wishWords(job.data)}</small> : null}
      </header>
      {job.error ? (
        <div className="body">
          <ErrorBanner
            error={job.error}
            what="The fetch could not be read"
            onRetry={() => void job.refetch()}
          />
        </div>
      ) : null}
      {job.data ? <Outcome job={job.data} /> : null}
    </section>
  );
}
