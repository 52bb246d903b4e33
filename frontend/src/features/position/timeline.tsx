import { useState } from "react";
import { useDecisions, useTrades } from "@/api/positions";
import type { Decision, Position, Trade } from "@/api/types";
import { Button } from "@/components/button";
import { Evidence } from "@/components/decision/evidence";
import { DecisionKind } from "@/components/decision/kind";
import { DecisionLine } from "@/components/decision/sentence";
import { ErrorBanner, Skeleton } from "@/components/states";
import { Moment, Value } from "@/components/value";
import { AuditLink } from "@/features/position/audit-link";
import { foldDecisions, type TimelineRow } from "@/features/position/fold";
import { StateChange } from "@/features/position/state-change";
import { barePrice, money, percent, plural, sharesChange } from "@/lib/format";
import { useNow } from "@/lib/now";
import { exchangeMoment } from "@/lib/time";
import { reasonWords } from "@/lib/words";

interface DetailsProps {
  positionId: string;
  decision: Decision;
  trade: Trade | undefined;
}

function Details({ positionId, decision, trade }: DetailsProps) {
  return (
    <>
      <Evidence decision={decision} state={<StateChange decision={decision} trade={trade} />} />
      <div className="evidence-proof">
        <span>Decision {decision.number}</span>
        <span>
          Decided <Moment at={decision.at} />
        </span>
        <span>Strategy version {decision.strategy_version}</span>
        <span>
          Rules <span className="mono">{decision.rules_version}</span>
        </span>
        {trade ? (
          <span>
            Order <span className="mono">{trade.order_id}</span>
          </span>
        ) : null}
        <AuditLink positionId={positionId} decision={decision} />
      </div>
    </>
  );
}

function When({ row, now }: { row: TimelineRow; now: Date }) {
  const at = row.newest.at;
  return row.checks > 1 ? (
    plural(row.checks, "check")
  ) : (
    <Moment at={at} text={exchangeMoment(at, now)} />
  );
}

function span(from: string, to: string): string {
  return from === to ? from : `${from} to ${to}`;
}

function Why({ row, now }: { row: TimelineRow; now: Date }) {
  if (row.checks === 1) return <DecisionLine decision={row.newest} />;
  const when = span(exchangeMoment(row.oldest.at, now), exchangeMoment(row.newest.last_at, now));
  return (
    <>
      {when}, price {span(barePrice(row.low), barePrice(row.high))}:{" "}
      {reasonWords(row.newest.reason)}
    </>
  );
}

interface RowProps {
  positionId: string;
  row: TimelineRow;
  trade: Trade | undefined;
  now: Date;
}

function Row({ positionId, row, trade, now }: RowProps) {
  const [open, setOpen] = useState(false);
  const decision = row.newest;
  const sold = trade?.side === "sell";
  return (
    <li className={decision.kind === "hold" ? "folded" : undefined}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span>
            <DecisionKind decision={decision} done={trade !== undefined} />
          </span>
          <span className="when">
            <When row={row} now={now} />
          </span>
          <span className="why">
            <Why row={row} now={now} />
          </span>
          <span className="num">
            {trade ? (
              <Value q="trade.quantity">
                {sharesChange(sold ? `-${trade.quantity}` : trade.quantity)}
              </Value>
            ) : null}
          </span>
          <span className="num">
            {trade ? <Value q="trade.cash_after">{money(trade.cash_after)}</Value> : null}
          </span>
          <span className="num">
            {trade ? (
              <Value q="trade.stock_share_after">{percent(trade.stock_share_after)}</Value>
            ) : (
              <Value q="decision.stock_share">{percent(decision.stock_share)}</Value>
            )}
          </span>
          <span className="num">
            <Value q="decision.value">{money(decision.value)}</Value>
          </span>
          <span className="chevron" aria-hidden="true" />
        </summary>
        {open ? <Details positionId={positionId} decision={decision} trade={trade} /> : null}
      </details>
    </li>
  );
}

/** Return every decision of a position, newest first, each with all it rests on one click below. */
export function Timeline({ position }: { position: Position }) {
  const decisions = useDecisions(position.id);
  const trades = useTrades(position.id);
  const now = useNow();
  const tradeOf = new Map(
    trades.data?.pages.flatMap((page) => page.items).map((trade) => [trade.decision_number, trade]),
  );
  const items = decisions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="block">
      <header>
        <h2>Decisions</h2>
        <small>newest first; open a row for its numbers</small>
      </header>
      {decisions.error ? (
        <div className="body">
          <ErrorBanner
            error={decisions.error}
            what="The decisions could not be refreshed"
            rowsFrom={decisions.dataUpdatedAt}
            onRetry={() => void decisions.refetch()}
          />
        </div>
      ) : null}
      {decisions.isPending ? (
        <div className="body form" aria-busy="true">
          <Skeleton width="100%" height={28} />
          <Skeleton width="100%" height={28} />
          <Skeleton width="100%" height={28} />
        </div>
      ) : items.length === 0 ? (
        <div className="empty">
          <p>No decision yet. Check now asks the robot what it does at the current price.</p>
        </div>
      ) : (
        <>
          <div className="timeline-head" aria-hidden="true">
            <span>What</span>
            <span>When</span>
            <span>Why</span>
            <span className="num">Shares</span>
            <span className="num">Cash after</span>
            <span className="num">Share</span>
            <span className="num">Value</span>
            <span />
          </div>
          <ol className="timeline">
            {foldDecisions(items).map((row) => (
              <Row
                key={row.oldest.number}
                positionId={position.id}
                row={row}
                trade={tradeOf.get(row.newest.number)}
                now={now}
              />
            ))}
          </ol>
        </>
      )}
      <footer>
        {decisions.hasNextPage ? (
          <Button
            busy={decisions.isFetchingNextPage}
            onClick={() => {
              void decisions.fetchNextPage();
              if (trades.hasNextPage) void trades.fetchNextPage();
            }}
          >
            Load earlier decisions
          </Button>
        ) : null}
        <span>
          Audit chain of {plural(position.events, "event")}, head{" "}
          <span className="mono" data-q="position.chain_head">
            {position.chain_head}
          </span>
        </span>
      </footer>
    </section>
  );
}
