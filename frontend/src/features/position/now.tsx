import type { Position } from "@/api/types";
import { DecisionSentence } from "@/components/decision/sentence";
import { Kpis } from "@/components/kpis";
import { LastPrice } from "@/components/last-price";
import { ExactPrice, Value } from "@/components/value";
import { Intraday } from "@/features/position/intraday";
import { money, percent, settingRange, shares, UNKNOWN } from "@/lib/format";

function Sentence({ position }: { position: Position }) {
  const { min_stock: min, max_stock: max } = position.strategy.guardrails;
  if (position.last_decision) {
    return (
      <DecisionSentence
        decision={position.last_decision}
        symbol={position.symbol}
        limits={{ min, max }}
      />
    );
  }
  return (
    <p className="sentence">
      <span className="lead">No check yet.</span>{" "}
      {position.status === "paused"
        ? `Start ${position.symbol}, then check it: the first price sets the anchor.`
        : `Check ${position.symbol} now: the first price sets the anchor.`}
    </p>
  );
}

/** Return where the position stands: the last decision as a sentence, the price, the tiles. */
export function Now({ position }: { position: Position }) {
  const { min_stock: min, max_stock: max } = position.strategy.guardrails;
  return (
    <section className="block" aria-label="Now">
      <div className="answer">
        <div aria-live="polite">
          <Sentence position={position} />
        </div>
        <div className="price">
          <LastPrice
            price={position.last_price}
            symbol={position.symbol}
            q="position.last_price.price"
          />
          <Intraday symbol={position.symbol} />
        </div>
      </div>
      <Kpis
        tiles={[
          {
            label: "Value",
            value: <Value q="position.value">{money(position.value)}</Value>,
            context:
              position.value === null ? "known with the first price used" : "at the last price",
          },
          {
            label: "Cash",
            value: <Value q="position.cash">{money(position.cash)}</Value>,
            context: <>{money(position.receivable)} dividends due</>,
          },
          {
            label: "Shares",
            value: <Value q="position.shares">{shares(position.shares)}</Value>,
            context: <>of {position.symbol}</>,
          },
          {
            label: "Stock share",
            value: (
              <Value q="position.stock_share">
                {position.stock_share === null ? UNKNOWN : percent(position.stock_share)}
              </Value>
            ),
            context: <>of allowed {settingRange(min, max)}</>,
          },
          {
            label: "Anchor",
            value: <ExactPrice value={position.anchor_price} q="position.anchor_price" />,
            context:
              position.anchor_price === null ? (
                "set by the first price"
              ) : (
                <>
                  <span className="sell nowrap">
                    ▼ <ExactPrice value={position.sell_at} q="position.sell_at" bare />
                  </span>{" "}
                  <span className="buy nowrap">
                    ▲ <ExactPrice value={position.buy_at} q="position.buy_at" bare />
                  </span>
                </>
              ),
          },
        ]}
      />
    </section>
  );
}
