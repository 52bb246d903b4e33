import { useSearchParams } from "wouter";
import { usePositions } from "@/api/positions";
import { Button } from "@/components/button";
import { ProviderBanner } from "@/components/provider-banner";
import { ErrorBanner, Skeleton } from "@/components/states";
import { OpenDialog } from "@/features/positions/open-dialog";
import { PositionsTable } from "@/features/positions/positions-table";
import { QuickStart } from "@/features/positions/quick-start";
import { Summary } from "@/features/positions/summary";
import { plural } from "@/lib/format";
import { usePageTitle } from "@/lib/page-title";

function Loading() {
  return (
    <section className="block" aria-busy="true" aria-label="Positions are being read">
      <header>
        <h2>Positions</h2>
      </header>
      <div className="body form">
        {Array.from({ length: 3 }, (_, n) => (
          <Skeleton key={n} width="100%" height={36} />
        ))}
      </div>
    </section>
  );
}

/** Return the first page: every position in one table. */
export function PositionsPage() {
  usePageTitle("Positions");
  const [search, setSearch] = useSearchParams();
  const positions = usePositions();
  const items = positions.data?.items;
  return (
    <>
      <div className="page-head">
        <h1>Positions</h1>
        {items ? <small>{plural(items.length, "position")}</small> : null}
        {items && items.length > 0 ? (
          <div className="actions">
            <Button look="solid" onClick={() => setSearch({ open: "position" })}>
              Open position
            </Button>
          </div>
        ) : null}
      </div>
      {positions.error ? (
        <ErrorBanner
          error={positions.error}
          what="The positions could not be refreshed"
          rowsFrom={positions.dataUpdatedAt}
          onRetry={() => void positions.refetch()}
        />
      ) : null}
      {positions.isPending ? <Loading /> : null}
      {items?.length === 0 ? <QuickStart /> : null}
      {items && items.length > 0 ? (
        <>
          <ProviderBanner />
          <Summary positions={items} />
          <PositionsTable positions={items} />
        </>
      ) : null}
      {search.get("open") === "position" ? (
        <OpenDialog onClose={() => setSearch({}, { replace: true })} />
      ) : null}
    </>
  );
}
