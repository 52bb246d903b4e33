import { lazy, Suspense } from "react";
import { Link, useSearchParams } from "wouter";
import { useLadder, usePosition } from "@/api/positions";
import { Problem } from "@/api/problem";
import type { Ladder } from "@/api/types";
import { Gauge } from "@/components/gauge";
import { KpiSkeleton } from "@/components/kpis";
import { ProviderBanner } from "@/components/provider-banner";
import { Banner, ErrorBanner, Skeleton } from "@/components/states";
import { dialogName, PositionDialog } from "@/features/position/dialogs";
import { PositionHead } from "@/features/position/head";
import { Ledger } from "@/features/position/ledger";
import { Now } from "@/features/position/now";
import { Orders } from "@/features/position/orders";
import { Protections } from "@/features/position/protections";
import { StrategySummary } from "@/features/position/strategy-summary";
import { Timeline } from "@/features/position/timeline";
import { WaitingTriggers } from "@/features/position/waiting-triggers";
import { usePageTitle } from "@/lib/page-title";

// Below the first screen, so that it may come a moment later.
const NextTrades = lazy(() => import("@/features/position/next-trades"));

function Loading() {
  return (
    <>
      <div className="page-head">
        <h1>Position</h1>
      </div>
      <section className="block" aria-busy="true">
        <div className="answer">
          <Skeleton width="78%" height={48} />
        </div>
        <KpiSkeleton labels={["Value", "Cash", "Shares", "Stock share", "Anchor"]} />
      </section>
    </>
  );
}

function Unreadable({ query }: { query: ReturnType<typeof usePosition> }) {
  const gone = Problem.from(query.error).status === 404;
  return (
    <>
      {query.data ? null : (
        <div className="page-head">
          <h1>Position</h1>
          <div className="actions">
            <Link className="btn" href="/">
              Show positions
            </Link>
          </div>
        </div>
      )}
      <ErrorBanner
        error={query.error}
        what={gone ? "There is no such position" : "The position could not be refreshed"}
        rowsFrom={query.dataUpdatedAt}
        {...(gone ? {} : { onRetry: () => void query.refetch() })}
      />
    </>
  );
}

/** Return where the order that is due, or the next ones, would leave the stock share. */
function nextShares(ladder: Ladder | undefined) {
  const next = ladder?.due ? [ladder.due] : [ladder?.up.rungs[0], ladder?.down.rungs[0]];
  return next.flatMap((rung) =>
    rung?.stock_share_after ? [{ side: rung.side, share: rung.stock_share_after }] : [],
  );
}

/** Return one position: where it stands, what it will do next, and why it did what it did. */
export default function PositionPage({ id }: { id: string }) {
  const [search, setSearch] = useSearchParams();
  const query = usePosition(id);
  const ladder = useLadder(id);
  const position = query.data;
  const open = dialogName(search.get("do"));
  usePageTitle(position?.symbol ?? "Position");
  const close = () => setSearch({}, { replace: true });
  return (
    <>
      {query.error ? <Unreadable query={query} /> : null}
      {query.isPending ? <Loading /> : null}
      {position ? (
        <>
          <PositionHead position={position} onAction={(name) => setSearch({ do: name })} />
          <ProviderBanner />
          {position.status === "halted" ? (
            <Banner title={`${position.symbol} is halted and does not trade`}>
              <p>{position.halt_reason ?? "No cause was recorded."}</p>
            </Banner>
          ) : null}
          <Now position={position} />
          <WaitingTriggers position={position} />
          <section className="block">
            <header>
              <h2>Stock share and guardrails</h2>
              <small>the robot never trades into a hatched zone</small>
            </header>
            <Gauge
              share={position.stock_share}
              min={position.strategy.guardrails.min_stock}
              max={position.strategy.guardrails.max_stock}
              ghosts={nextShares(ladder.data)}
            />
          </section>
          <Suspense fallback={<Skeleton width="100%" height={300} />}>
            <NextTrades position={position} ladder={ladder} />
          </Suspense>
          <Timeline position={position} />
          <div className="columns of-position">
            <div className="column">
              <Orders position={position} />
              <Ledger position={position} />
            </div>
            <div className="column">
              <Protections position={position} onReset={() => setSearch({ do: "reset" })} />
              <StrategySummary position={position} />
            </div>
          </div>
          {open ? <PositionDialog name={open} position={position} onClose={close} /> : null}
        </>
      ) : null}
    </>
  );
}
