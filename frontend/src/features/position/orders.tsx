import { useOrders, useTrades } from "@/api/positions";
import type { Order, Position } from "@/api/types";
import { Button } from "@/components/button";
import { DataTable } from "@/components/data-table";
import { SideMark } from "@/components/side";
import { ErrorBanner, Skeleton } from "@/components/states";
import { Moment, Value } from "@/components/value";
import { barePrice, fee, plural, shares } from "@/lib/format";
import { useNow } from "@/lib/now";
import { exchangeMoment } from "@/lib/time";

const STATES: Record<string, string> = {
  new: "new",
  open: "open",
  unknown: "not confirmed",
  done: "filled",
  void: "cancelled",
  rejected: "rejected",
};

/** Return the orders of a position, each with the fill that it led to. */
export function Orders({ position }: { position: Position }) {
  const orders = useOrders(position.id);
  const trades = useTrades(position.id);
  const now = useNow();
  const rows = orders.data?.pages.flatMap((page) => page.items) ?? [];
  const fills = new Map(
    trades.data?.pages.flatMap((page) => page.items).map((trade) => [trade.order_id, trade]),
  );
  return (
    <section className="block">
      <header>
        <h2>Orders and fills</h2>
        <small>{plural(position.trades, "fill")}</small>
      </header>
      {orders.error ? (
        <div className="body">
          <ErrorBanner
            error={orders.error}
            what="The orders could not be read"
            onRetry={() => void orders.refetch()}
          />
        </div>
      ) : null}
      {orders.isPending ? (
        <div className="body" aria-busy="true">
          <Skeleton width="100%" height={120} />
        </div>
      ) : rows.length === 0 ? (
        <div className="empty">
          <p>No order yet.</p>
        </div>
      ) : (
        <DataTable<Order>
          caption="Orders and fills"
          rows={rows}
          rowKey={(order) => order.id}
          phone="lines"
          columns={[
            {
              head: "Side",
              narrow: true,
              cell: (order) => (
                <>
                  <SideMark side={order.side} />{" "}
                  <span className="narrow-only">
                    {shares(order.quantity)} at {barePrice(fills.get(order.id)?.price)}
                  </span>
                </>
              ),
            },
            {
              head: "When",
              narrow: true,
              cell: (order) => (
                <Moment at={order.created_at} text={exchangeMoment(order.created_at, now)} />
              ),
            },
            {
              head: "Shares",
              num: true,
              cell: (order) => <Value q="order.quantity">{shares(order.quantity)}</Value>,
            },
            {
              head: "Limit",
              num: true,
              cell: (order) => <Value q="order.limit_price">{barePrice(order.limit_price)}</Value>,
            },
            {
              head: "Filled at",
              num: true,
              cell: (order) => (
                <b>
                  <Value q="trade.price">{barePrice(fills.get(order.id)?.price)}</Value>
                </b>
              ),
            },
            {
              head: "Commission",
              num: true,
              narrow: true,
              cell: (order) => (
                <>
                  <span className="narrow-only quiet">commission </span>
                  <Value q="trade.commission">{fee(fills.get(order.id)?.commission)}</Value>
                </>
              ),
            },
            {
              head: "State",
              narrow: true,
              cell: (order) => STATES[order.state] ?? order.state,
            },
          ]}
        />
      )}
      {orders.hasNextPage ? (
        <footer>
          <Button
            busy={orders.isFetchingNextPage}
            onClick={() => {
              void orders.fetchNextPage();
              if (trades.hasNextPage) void trades.fetchNextPage();
            }}
          >
            Load earlier orders
          </Button>
        </footer>
      ) : null}
    </section>
  );
}
