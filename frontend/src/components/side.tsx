export type Side = "buy" | "sell";

interface Props {
  side: Side;
  /** The word beside the shape; by default the side itself. */
  word?: string;
}

/** Return a side as shape, word and colour: never colour alone. */
export function SideMark({ side, word = side === "buy" ? "Buy" : "Sell" }: Props) {
  return (
    <span className={`side ${side}`}>
      <i aria-hidden="true">{side === "buy" ? "▲" : "▼"}</i>
      {word}
    </span>
  );
}
