import type { ReactNode } from "react";
import type { DecisionFacts } from "@/api/types";
import { ExactPrice, Moment, Value } from "@/components/value";
import {
  barePrice,
  fee,
  money,
  percent,
  percentChange,
  price,
  setting,
  shares,
  UNKNOWN,
} from "@/lib/format";
import { duration } from "@/lib/time";
import { GATES, reasonWords, ruleWords, sourceWords } from "@/lib/words";

// The gates that stand open unless a person sets a limit.
const LIMITED: ReadonlySet<string> = new Set(["max_drawdown", "daily_loss"]);

function MarketData({ decision }: { decision: DecisionFacts }) {
  const { observation } = decision;
  const ageSeconds =
    (Date.parse(observation.received_at) - Date.parse(observation.observed_at)) / 1000;
  return (
    <section>
      <h3>Market data</h3>
      <dl className="facts">
        <dt>Price</dt>
        <dd>
          <b>
            <ExactPrice value={decision.reference_price} q="decision.reference_price" />
          </b>
        </dd>
        <dt>As of</dt>
        <dd>
          <Moment at={observation.observed_at} />
        </dd>
        <dt>Age when received</dt>
        <dd>{duration(ageSeconds)}</dd>
        <dt>Source</dt>
        <dd>{sourceWords(observation)}</dd>
        <dt>Bid, ask</dt>
        <dd>
          {barePrice(observation.bid)}, {barePrice(observation.ask)}
        </dd>
        <dt>Previous close</dt>
        <dd>{price(observation.previous_close)}</dd>
        <dt>Volume today</dt>
        <dd>{observation.volume === null ? UNKNOWN : shares(String(observation.volume))}</dd>
      </dl>
    </section>
  );
}

function reached(decision: DecisionFacts): ReactNode {
  if (decision.cause === "drift") {
    return <b className="guard">the stock share left its limits</b>;
  }
  if (decision.side === "sell") {
    return (
      <>
        <b className="sell">▼ sell</b>, {price(decision.reference_price)} ≥{" "}
        {price(decision.sell_at)}
      </>
    );
  }
  if (decision.side === "buy") {
    return (
      <>
        <b className="buy">▲ buy</b>, {price(decision.reference_price)} ≤ {price(decision.buy_at)}
      </>
    );
  }
  return "none reached";
}

function Thresholds({ decision }: { decision: DecisionFacts }) {
  return (
    <section>
      <h3>Anchor and thresholds</h3>
      <dl className="facts">
        <dt>Anchor</dt>
        <dd>
          <b>
            <ExactPrice value={decision.anchor_price} q="decision.anchor_price" />
          </b>
        </dd>
        <dt>Price to anchor</dt>
        <dd>
          <Value q="decision.distance">{percentChange(decision.distance)}</Value>
        </dd>
        <dt>Sell at or above</dt>
        <dd>
          <ExactPrice value={decision.sell_at} q="decision.sell_at" />
        </dd>
        <dt>Buy at or below</dt>
        <dd>
          <ExactPrice value={decision.buy_at} q="decision.buy_at" />
        </dd>
        <dt>Trigger</dt>
        <dd>{reached(decision)}</dd>
      </dl>
    </section>
  );
}

function Fallen({ fall }: { fall: DecisionFacts["falls"][number] }) {
  return (
    <>
      : <Value q="decision.falls.value">{money(fall.value)}</Value>, at least{" "}
      <Value q="decision.falls.lowest">{money(fall.lowest)}</Value>, {setting(fall.limit)} below{" "}
      <Value q="decision.falls.mark">{money(fall.mark)}</Value>
    </>
  );
}

function Gates({ decision }: { decision: DecisionFacts }) {
  const refusedAt = GATES.findIndex((gate) => gate.code === decision.reason);
  const state = (code: string, index: number): "passed" | "failed" | "not asked" => {
    if (decision.blocked_by.includes(code) || index === refusedAt) return "failed";
    return refusedAt >= 0 && index > refusedAt ? "not asked" : "passed";
  };
  return (
    <section>
      <h3>Gates, in order</h3>
      <ul className="gates">
        {GATES.map((gate, index) => {
          const result = state(gate.code, index);
          const fall = decision.falls.find((each) => each.gate === gate.code);
          const unlimited = LIMITED.has(gate.code) && !fall;
          return (
            <li key={gate.code}>
              {result === "not asked" ? (
                <span aria-hidden="true">–</span>
              ) : (
                <span className={result} aria-hidden="true">
                  {result === "passed" ? "✓" : "✗"}
                </span>
              )}
              <span>{gate.name}</span>
              <span>
                {result === "failed" ? gate.failed : unlimited ? "no limit" : result}
                {fall && result !== "not asked" ? <Fallen fall={fall} /> : null}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Step({ name, how, result }: { name: string; how: ReactNode; result: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{how}</dd>
      <dd>{result}</dd>
    </div>
  );
}

function Outcome({ decision }: { decision: DecisionFacts }) {
  if (decision.kind === "proposed") {
    return (
      <div className="result">
        <dt>Proposed</dt>
        <dd>
          {decision.side} {shares(decision.quantity)}, commission{" "}
          <Value q="decision.commission">{fee(decision.commission)}</Value>
        </dd>
        <dd>
          <Value q="decision.quantity">{shares(decision.quantity)}</Value>
        </dd>
      </div>
    );
  }
  return (
    <div className="result">
      <dt>{decision.kind === "refused" ? "Refused" : "Hold"}</dt>
      <dd>{reasonWords(decision.reason)}</dd>
      <dd />
    </div>
  );
}

function Quantity({ decision }: { decision: DecisionFacts }) {
  if (decision.raw_quantity === null) {
    return (
      <section className="double">
        <h3>Quantity</h3>
        <p className="soft">No quantity was worked out: {reasonWords(decision.reason)}.</p>
      </section>
    );
  }
  const trims = new Map(decision.trims.map((trim) => [trim.rule, trim]));
  const bounds = decision.bounds.filter((bound) => !trims.has(bound.rule));
  return (
    <section className="double">
      <h3>Quantity, step by step</h3>
      <dl className="steps">
        <Step
          name="Size rule"
          how={`worked out at ${price(decision.reference_price)}`}
          result={<Value q="decision.raw_quantity">{shares(decision.raw_quantity)}</Value>}
        />
        <Step
          name="Worst price"
          how="cash, holdings and guardrail are checked at"
          result={<Value q="decision.worst_price">{price(decision.worst_price)}</Value>}
        />
        {bounds.map((bound) => (
          <Step
            key={bound.rule}
            name={ruleWords(bound.rule)}
            how={
              <>
                <span className="passed" aria-hidden="true">
                  ✓
                </span>{" "}
                up to {shares(bound.quantity)}
              </>
            }
            result={<span className="quiet">unchanged</span>}
          />
        ))}
        {decision.trims.map((trim) => (
          <Step
            key={trim.rule}
            name={ruleWords(trim.rule)}
            how={
              trim.rule === "lot" ? (
                `toward zero to the lot, from ${shares(trim.before)}`
              ) : (
                <>
                  <span className="tag guard">cut</span> from {shares(trim.before)}
                </>
              )
            }
            result={shares(trim.after)}
          />
        ))}
        <Outcome decision={decision} />
      </dl>
    </section>
  );
}

interface Props {
  decision: DecisionFacts;
  /** The state before and after, where the caller knows it. */
  state?: ReactNode;
}

/** Return everything a decision rests on, with its numbers as they were compared. */
export function Evidence({ decision, state }: Props) {
  return (
    <div className="evidence-box">
      <div className="evidence">
        <MarketData decision={decision} />
        <Thresholds decision={decision} />
        <section>
          <h3>State</h3>
          {state ?? (
            <dl className="facts">
              <dt>Value</dt>
              <dd>
                <Value q="decision.value">{money(decision.value)}</Value>
              </dd>
              <dt>Stock share</dt>
              <dd>
                <Value q="decision.stock_share">{percent(decision.stock_share)}</Value>
              </dd>
            </dl>
          )}
        </section>
        <Gates decision={decision} />
        <Quantity decision={decision} />
      </div>
    </div>
  );
}
