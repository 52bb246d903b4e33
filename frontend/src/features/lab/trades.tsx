import { useSimulationTrades } from "@/api/simulations";
import type { SimulatedTrade, Simulation } from "@/api/types";
import { Button } from "@/components/button";
import { DataTable } from "@/components/data-table";
import { MiniGauge } from "@/components/gauge";
import { SideMark } from "@/components/side";
import { ErrorBanner, Skeleton } from "@/components/states";
import { Moment, Value } from "@/components/value";
import { barePrice, count, fee, money, shares } from "@/lib/format";
import { exchangeDate } from "@/lib/time";
import { causeWords } from "@/lib/words";

interface Props {
  run: Simulation;
  limits: { min: string; max: string };
}

/** Return the trades of a run, oldest first, a page at a time. */
export function Trades({ run, limits }: Props) {
  const trades = useSimulationTrades(run.id);
  const rows = trades.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="block">
      <header>
        <h2>Trades</h2>
        <small>
          {count(rows.length)} of {count(run.result?.counts.trades)}
        </small>
      </header>
      {trades.error ? (
        <div className="body">
          <ErrorBanner
            error={trades.error}
            what="The trades could not be read"
            onRetry={() => void trades.refetch()}
          />
        </div>
      ) : null}
      {trades.isPending ? (
        <div className="body" aria-busy="true">
          <Skeleton width="100%" height={220} />
        </div>
      ) : rows.length === 0 ? (
        <div className="empty">
          <p>No trade: the price never reached a trigger that led to an order.</p>
        </div>
      ) : (
        <DataTable<SimulatedTrade>
          caption="Trades of this simulation"
          rows={rows}
          rowKey={(trade) => trade.n}
          phone="lines"
          columns={[
            { head: "No.", cell: (trade) => <span className="quiet">{count(trade.n)}</span> },
            {
              head: "Side",
              narrow: true,
              cell: (trade) => (
                <>
                  <SideMark side={trade.side} />{" "}
                  <span className="narrow-only">
                    {shares(trade.quantity)} at {barePrice(trade.price)}
                  </span>
                </>
              ),
            },
            {
              head: "Date",
              narrow: true,
              cell: (trade) => <Moment at={trade.at} text={exchangeDate(trade.at)} />,
            },
            {
              head: "Why",
              narrow: true,
              cell: (trade) => <span className="soft">{causeWords(trade.reason)}</span>,
            },
            {
              head: "Shares",
              num: true,
              cell: (trade) => <Value q="trade.quantity">{shares(trade.quantity)}</Value>,
            },
            {
              head: "Price",
              num: true,
              cell: (trade) => <Value q="trade.price">{barePrice(trade.price)}</Value>,
            },
            {
              head: "Commission",
              num: true,
              cell: (trade) => <Value q="trade.commission">{fee(trade.commission)}</Value>,
            },
            {
              head: "Cash after",
              num: true,
              cell: (trade) => <Value q="trade.cash_after">{money(trade.cash_after)}</Value>,
            },
            {
              head: "Share after",
              num: true,
              narrow: true,
              cell: (trade) => (
                <MiniGauge
                  share={trade.stock_share_after}
                  {...limits}
                  q="trade.stock_share_after"
                />
              ),
            },
          ]}
        />
      )}
      {trades.hasNextPage ? (
        <footer>
          <Button busy={trades.isFetchingNextPage} onClick={() => void trades.fetchNextPage()}>
            Load more trades
          </Button>
        </footer>
      ) : null}
    </section>
  );
}
