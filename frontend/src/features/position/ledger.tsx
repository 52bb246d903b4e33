import { useLedger } from "@/api/positions";
import type { LedgerEntry, Position } from "@/api/types";
import { Button } from "@/components/button";
import { DataTable } from "@/components/data-table";
import { ErrorBanner, Skeleton } from "@/components/states";
import { Moment, Value } from "@/components/value";
import { feeChange, money, moneyChange, shares, sharesChange } from "@/lib/format";
import { useNow } from "@/lib/now";
import { exchangeMoment } from "@/lib/time";

const KINDS: Record<string, string> = {
  opening: "Opening",
  deposit: "Deposit",
  withdrawal: "Withdrawal",
  buy: "Bought",
  sell: "Sold",
  commission: "Commission",
  dividend: "Dividend due",
  dividend_paid: "Dividend paid",
  dividend_difference: "Difference to the dividend",
  split: "Split",
  split_remainder: "Paid for a part of a share",
  fee: "Fee of the broker",
};

const BY_ORDER = ["buy", "sell", "commission"];

function Because({ entry }: { entry: LedgerEntry }) {
  const { kind, reason, reference } = entry;
  if (reference === null || !BY_ORDER.includes(kind)) return reason ?? reference ?? "";
  return (
    <span className="mono" title={reference}>
      order {reference.slice(0, 8)}
    </span>
  );
}

/** Return every movement of cash and shares, newest first; the last line is what is there now. */
export function Ledger({ position }: { position: Position }) {
  const ledger = useLedger(position.id);
  const now = useNow();
  const rows = ledger.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="block">
      <header>
        <h2>Ledger</h2>
        <small>cash and shares are the sums of these lines</small>
      </header>
      {ledger.error ? (
        <div className="body">
          <ErrorBanner
            error={ledger.error}
            what="The ledger could not be read"
            onRetry={() => void ledger.refetch()}
          />
        </div>
      ) : null}
      {ledger.isPending ? (
        <div className="body" aria-busy="true">
          <Skeleton width="100%" height={120} />
        </div>
      ) : (
        <DataTable<LedgerEntry>
          caption="Ledger"
          rows={rows}
          rowKey={(entry) => entry.number}
          phone="lines"
          columns={[
            {
              head: "What",
              narrow: true,
              cell: (entry) => <b>{KINDS[entry.kind] ?? entry.kind}</b>,
            },
            {
              head: "When",
              narrow: true,
              cell: (entry) => <Moment at={entry.at} text={exchangeMoment(entry.at, now)} />,
            },
            {
              head: "Cash",
              num: true,
              narrow: true,
              cell: (entry) => (
                <Value q="ledger.cash">
                  {entry.kind === "commission" ? feeChange(entry.cash) : moneyChange(entry.cash)}
                </Value>
              ),
            },
            {
              head: "Shares",
              num: true,
              cell: (entry) => <Value q="ledger.shares">{sharesChange(entry.shares)}</Value>,
            },
            {
              head: "Cash after",
              num: true,
              narrow: true,
              cell: (entry) => (
                <>
                  <span className="narrow-only quiet">leaves </span>
                  <Value q="ledger.cash_after">{money(entry.cash_after)}</Value>
                </>
              ),
            },
            {
              head: "Shares after",
              num: true,
              cell: (entry) => <Value q="ledger.shares_after">{shares(entry.shares_after)}</Value>,
            },
            { head: "Reason", full: true, cell: (entry) => <Because entry={entry} /> },
          ]}
        />
      )}
      {ledger.hasNextPage ? (
        <footer>
          <Button busy={ledger.isFetchingNextPage} onClick={() => void ledger.fetchNextPage()}>
            Load earlier lines
          </Button>
        </footer>
      ) : null}
    </section>
  );
}
