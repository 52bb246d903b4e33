import type { DecisionFacts } from "@/api/types";
import { Value } from "@/components/value";
import { money, percent, price, settingRange, shares } from "@/lib/format";
import { reasonWords, ruleWords } from "@/lib/words";

interface SentenceProps {
  decision: DecisionFacts;
  symbol: string;
  /** The limits of the stock share, as fractions. */
  limits: { min: string; max: string };
}

/** Return how far the price is from the anchor: "3.0 % above the anchor $59.52". */
function Distance({ decision }: { decision: DecisionFacts }) {
  if (decision.distance === null) return null;
  const below = decision.distance.startsWith("-");
  return (
    <>
      <Value q="decision.distance">{percent(decision.distance.replace("-", ""))}</Value>{" "}
      {below ? "below" : "above"} the anchor{" "}
      <strong>
        <Value q="decision.anchor_price">{price(decision.anchor_price)}</Value>
      </strong>
    </>
  );
}

function Triggers({ decision }: { decision: DecisionFacts }) {
  if (decision.sell_at === null || decision.buy_at === null) return null;
  return (
    <>
      {" "}
      Next:{" "}
      <span className="sell nowrap">
        sell at <Value q="decision.sell_at">{price(decision.sell_at)}</Value>
      </span>{" "}
      or above,{" "}
      <span className="buy nowrap">
        buy at <Value q="decision.buy_at">{price(decision.buy_at)}</Value>
      </span>{" "}
      or below.
    </>
  );
}

function lead(decision: DecisionFacts): string {
  switch (decision.kind) {
    case "proposed":
      return decision.side === "buy" ? "Buy." : "Sell.";
    case "refused":
      return "No trade.";
    case "hold":
      return decision.reason === "anchor_set" ? "Anchor set." : "Holding.";
  }
}

function Order({ decision }: { decision: DecisionFacts }) {
  return (
    <span className={decision.side ?? undefined}>
      <Value q="decision.quantity">{shares(decision.quantity)}</Value> at{" "}
      <Value q="decision.reference_price">{price(decision.reference_price)}</Value>
    </span>
  );
}

function bindingWords(decision: DecisionFacts): string {
  return decision.binding ? ` (${ruleWords(decision.binding).toLowerCase()})` : "";
}

/** Return the numbers of the protection that stops orders; nothing for every other reason. */
function Fall({ decision }: { decision: DecisionFacts }) {
  const fall = decision.falls.find(({ gate }) => gate === decision.reason);
  if (!fall) return null;
  return (
    <>
      , it is <Value q="decision.falls.value">{money(fall.value)}</Value> and orders need{" "}
      <Value q="decision.falls.lowest">{money(fall.lowest)}</Value>
    </>
  );
}

function What({ decision, symbol }: { decision: DecisionFacts; symbol: string }) {
  if (decision.kind === "proposed") {
    return (
      <>
        {symbol} <Order decision={decision} />, <Distance decision={decision} />:{" "}
        {reasonWords(decision.reason)}.
      </>
    );
  }
  const asked = decision.kind === "refused" && decision.side !== null;
  return (
    <>
      {symbol}{" "}
      <strong>
        <Value q="decision.reference_price">{price(decision.reference_price)}</Value>
      </strong>
      {decision.distance === null ? null : (
        <>
          , <Distance decision={decision} />
        </>
      )}
      : {reasonWords(decision.reason)}
      {bindingWords(decision)}
      <Fall decision={decision} />.{asked ? ` A ${decision.side ?? ""} was called for.` : ""}
    </>
  );
}

/** Return a decision as the sentence that stands first on the page. */
export function DecisionSentence({ decision, symbol, limits }: SentenceProps) {
  return (
    <p className="sentence">
      <span className="lead">{lead(decision)}</span> <What decision={decision} symbol={symbol} />
      {decision.kind === "proposed" ? null : <Triggers decision={decision} />}
      {decision.stock_share === null ? null : (
        <>
          {" "}
          Stock share {decision.kind === "proposed" ? "before the trade " : ""}
          <strong>
            <Value q="decision.stock_share">{percent(decision.stock_share)}</Value>
          </strong>{" "}
          of allowed <span className="nowrap">{settingRange(limits.min, limits.max)}</span>.
        </>
      )}
    </p>
  );
}

/** Return a decision as one line of a row: its numbers in bold, then why. */
export function DecisionLine({ decision }: { decision: DecisionFacts }) {
  if (decision.kind === "proposed") {
    return (
      <>
        <b>
          {shares(decision.quantity)} at {price(decision.reference_price)}
        </b>
        : <Distance decision={decision} />
        {decision.cause === "drift"
          ? `, ${reasonWords("drift")}`
          : `, trigger ${price(decision.side === "buy" ? decision.buy_at : decision.sell_at)}`}
      </>
    );
  }
  return (
    <>
      <b>{price(decision.reference_price)}</b>: {reasonWords(decision.reason)}
      {bindingWords(decision)}
    </>
  );
}
