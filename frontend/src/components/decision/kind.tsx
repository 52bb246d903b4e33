import type { DecisionFacts } from "@/api/types";
import { SideMark } from "@/components/side";

interface Props {
  decision: DecisionFacts;
  /** Whether its order was filled: "Sold" instead of "Sell". */
  done?: boolean;
}

/** Return what a decision was, as shape and word. */
export function DecisionKind({ decision, done = false }: Props) {
  if (decision.kind === "proposed" && decision.side) {
    const past = decision.side === "buy" ? "Bought" : "Sold";
    return <SideMark side={decision.side} {...(done ? { word: past } : {})} />;
  }
  const refused = decision.kind === "refused";
  return (
    <span className="side soft">
      <i aria-hidden="true">{refused ? "✗" : "="}</i>
      {refused ? "Refused" : "Hold"}
    </span>
  );
}
