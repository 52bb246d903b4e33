import { Link } from "wouter";
import { useDataset } from "@/api/datasets";
import type { Dataset } from "@/api/types";
import { ErrorBanner, Skeleton } from "@/components/states";
import { Value } from "@/components/value";
import { Changes } from "@/features/data/changes";
import { Findings } from "@/features/data/findings";
import { Provenance, Quarantine } from "@/features/data/provenance";
import { plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";
import { calendarDate } from "@/lib/time";
import { resolutionWords } from "@/lib/data-words";

function Content({ dataset }: { dataset: Dataset }) {
  const { bars, sessions, dividends, splits, first_session: first, last_session: last } = dataset;
  return (
    <>
      <p className="data-summary">
        <Value q="dataset.bars">{plural(bars, "bar")}</Value> in{" "}
        <Value q="dataset.sessions">{plural(sessions, "session")}</Value> from {calendarDate(first)}{" "}
        to {calendarDate(last)},{" "}
        <Value q="dataset.dividends">{plural(dividends, "dividend")}</Value>,{" "}
        <Value q="dataset.splits">{plural(splits, "split")}</Value>.
      </p>
      <section className="block">
        <header>
          <h2>Quality report</h2>
          <small>made when the dataset was added</small>
        </header>
        <Findings findings={dataset.findings} />
      </section>
      <Quarantine dataset={dataset} />
      <Provenance dataset={dataset} />
      {dataset.parent_id ? <Changes id={dataset.id} /> : null}
    </>
  );
}

/** Return one dataset: its quality, where it comes from, and what changed in it. */
export function DatasetPage({ id }: { id: string }) {
  const dataset = useDataset(id);
  usePageTitle(dataset.data ? `${dataset.data.symbol} prices` : "Dataset", "SIMULATION");
  return (
    <>
      <div className="page-head">
        <h1>
          {dataset.data
            ? `${dataset.data.symbol}, ${resolutionWords(dataset.data.resolution)}`
            : "Dataset"}
        </h1>
        <small>
          <Link href="/lab/data">All datasets</Link>
        </small>
      </div>
      {dataset.error ? (
        <ErrorBanner
          error={dataset.error}
          what="The dataset could not be read"
          onRetry={() => void dataset.refetch()}
        />
      ) : null}
      {dataset.isPending ? (
        <div aria-busy="true">
          <Skeleton width="100%" height={240} />
        </div>
      ) : null}
      {dataset.data ? <Content dataset={dataset.data} /> : null}
    </>
  );
}
