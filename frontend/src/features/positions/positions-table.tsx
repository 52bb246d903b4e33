import { Link } from "wouter";
import type { Position } from "@/api/types";
import { DataTable } from "@/components/data-table";
import { DecisionKind } from "@/components/decision/kind";
import { DecisionLine } from "@/components/decision/sentence";
import { MiniGauge } from "@/components/gauge";
import { LastPrice } from "@/components/last-price";
import { Status } from "@/components/status";
import { ExactPrice, Moment, Value } from "@/components/value";
import { money, shares, UNKNOWN } from "@/lib/format";
import { useNow } from "@/lib/now";
import { exchangeMoment } from "@/lib/time";

const ORDER = { halted: 0, running: 1, paused: 2 } as const;

function LastDecision({ position }: { position: Position }) {
  const now = useNow();
  const decision = position.last_decision;
  if (!decision) return <span className="quiet">No check yet</span>;
  return (
    <>
      <DecisionKind decision={decision} /> <DecisionLine decision={decision} />
      <small>
        <Moment at={decision.at} text={exchangeMoment(decision.at, now)} />
      </small>
    </>
  );
}

function Trigger({ side, position }: { side: "buy" | "sell"; position: Position }) {
  const value = side === "buy" ? position.buy_at : position.sell_at;
  if (value === null) return UNKNOWN;
  return (
    <b className={side}>
      {side === "buy" ? "▲" : "▼"} <ExactPrice value={value} q={`position.${side}_at`} bare />
    </b>
  );
}

/** Return the positions as a table, halted first. */
export function PositionsTable({ positions }: { positions: readonly Position[] }) {
  const rows = [...positions].sort((a, b) => ORDER[a.status] - ORDER[b.status]);
  return (
    <section className="block">
      <header>
        <h2>Positions</h2>
        <small>halted first, then running</small>
      </header>
      <DataTable<Position>
        caption="Positions"
        rows={rows}
        rowKey={(position) => position.id}
        columns={[
          {
            head: "Position",
            rowHead: true,
            full: true,
            cell: (position) => (
              <>
                <Link href={`/positions/${position.id}`}>
                  <b>{position.symbol}</b>
                </Link>{" "}
                {position.name === position.symbol ? null : (
                  <span className="soft">{position.name}</span>
                )}
                <small className="nowrap">
                  <Status status={position.status} /> · {position.broker}
                </small>
              </>
            ),
          },
          {
            head: "Price",
            num: true,
            cell: (position) => (
              <span className="seen">
                <LastPrice
                  price={position.last_price}
                  symbol={position.symbol}
                  q="position.last_price.price"
                  bare
                />
              </span>
            ),
          },
          {
            head: "Stock share",
            num: true,
            cell: (position) => (
              <MiniGauge
                share={position.stock_share}
                min={position.strategy.guardrails.min_stock}
                max={position.strategy.guardrails.max_stock}
                q="position.stock_share"
              />
            ),
          },
          {
            head: "Anchor",
            num: true,
            cell: (position) => (
              <ExactPrice value={position.anchor_price} q="position.anchor_price" bare />
            ),
          },
          {
            head: "Sells at",
            num: true,
            cell: (position) => <Trigger side="sell" position={position} />,
          },
          {
            head: "Buys at",
            num: true,
            cell: (position) => <Trigger side="buy" position={position} />,
          },
          {
            head: "Last decision",
            full: true,
            cell: (position) => <LastDecision position={position} />,
          },
          {
            head: "Value",
            num: true,
            cell: (position) => (
              <>
                <b>
                  <Value q="position.value">{money(position.value)}</Value>
                </b>
                <small>{shares(position.shares)} shares</small>
              </>
            ),
          },
        ]}
      />
    </section>
  );
}
