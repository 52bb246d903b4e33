import { Link } from "wouter";
import { useDatasetDiff } from "@/api/datasets";
import type { DatasetChange } from "@/api/types";
import { DataTable } from "@/components/data-table";
import { ErrorBanner, Skeleton } from "@/components/states";
import { Value } from "@/components/value";
import { plural, UNKNOWN } from "@/lib/format";

/** Return what changed since the version before a dataset. */
export function Changes({ id }: { id: string }) {
  const diff = useDatasetDiff(id);
  return (
    <section className="block">
      <header>
        <h2>Changes since the version before</h2>
        {diff.data ? (
          <small>
            <Link href={`/lab/data/${diff.data.parent_id}`} className="mono">
              {diff.data.parent_id}
            </Link>
          </small>
        ) : null}
      </header>
      {diff.error ? (
        <div className="body">
          <ErrorBanner error={diff.error} what="The changes could not be read" />
        </div>
      ) : null}
      {diff.isPending ? (
        <div className="body" aria-busy="true">
          <Skeleton width="100%" height={80} />
        </div>
      ) : null}
      {diff.data ? (
        <>
          <p className="body">
            <Value q="diff.added">{plural(diff.data.added, "bar")} more</Value>,{" "}
            <Value q="diff.removed">{plural(diff.data.removed, "bar")} less</Value>,{" "}
            <Value q="diff.changed">{plural(diff.data.changed, "bar")} with other values</Value>.
          </p>
          {diff.data.changes.length + diff.data.actions.length > 0 ? (
            <DataTable<DatasetChange>
              caption="First changed values, then dividends and splits"
              rows={[...diff.data.changes, ...diff.data.actions]}
              rowKey={({ place, what }) => `${place} ${what}`}
              columns={[
                { head: "Where", rowHead: true, cell: ({ place }) => place },
                { head: "What", cell: ({ what }) => what },
                { head: "Before", num: true, cell: ({ before }) => before ?? UNKNOWN },
                { head: "Now", num: true, cell: ({ after }) => after ?? UNKNOWN },
              ]}
            />
          ) : null}
        </>
      ) : null}
    </section>
  );
}
