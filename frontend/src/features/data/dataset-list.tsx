import { Link } from "wouter";
import { useDatasets } from "@/api/datasets";
import type { Dataset } from "@/api/types";
import { DataTable } from "@/components/data-table";
import { ErrorBanner, Skeleton } from "@/components/states";
import { Moment, Value } from "@/components/value";
import { findingsWords } from "@/features/data/findings";
import { providerOf } from "@/features/data/provenance";
import { count } from "@/lib/format";
import { useNow } from "@/lib/now";
import { calendarDate, exchangeMoment } from "@/lib/time";
import { adjustmentWords, resolutionWords } from "@/lib/data-words";

/** Return the datasets that are stored here, newest first. */
export function DatasetList() {
  const datasets = useDatasets();
  const now = useNow();
  return (
    <section className="block">
      <header>
        <h2>Datasets</h2>
        <small>stored here, usable offline</small>
      </header>
      {datasets.error ? (
        <div className="body">
          <ErrorBanner
            error={datasets.error}
            what="The datasets could not be read"
            rowsFrom={datasets.dataUpdatedAt}
            onRetry={() => void datasets.refetch()}
          />
        </div>
      ) : null}
      {datasets.isPending ? (
        <div className="body" aria-busy="true">
          <Skeleton width="100%" height={120} />
        </div>
      ) : (
        <DataTable<Dataset>
          caption="Datasets"
          rows={datasets.data?.items ?? []}
          rowKey={({ id }) => id}
          columns={[
            {
              head: "Dataset",
              rowHead: true,
              full: true,
              cell: ({ id, symbol, resolution }) => (
                <Link href={`/lab/data/${id}`}>
                  <b>{symbol}</b>, {resolutionWords(resolution)}
                </Link>
              ),
            },
            {
              head: "Sessions",
              cell: ({ first_session: first, last_session: last }) =>
                `${calendarDate(first)} to ${calendarDate(last)}`,
            },
            {
              head: "Bars",
              num: true,
              cell: ({ bars }) => <Value q="dataset.bars">{count(bars)}</Value>,
            },
            { head: "Prices", cell: ({ adjustment }) => adjustmentWords(adjustment) },
            { head: "Source", cell: (dataset) => providerOf(dataset) },
            { head: "Quality", cell: ({ findings }) => findingsWords(findings) },
            {
              head: "Added",
              num: true,
              cell: ({ created_at: at }) => <Moment at={at} text={exchangeMoment(at, now)} />,
            },
          ]}
        />
      )}
    </section>
  );
}
