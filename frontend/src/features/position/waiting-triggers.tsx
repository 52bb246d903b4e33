import type { Position } from "@/api/types";
import { Banner } from "@/components/states";
import { ExactPrice } from "@/components/value";
import { reasonWords } from "@/lib/words";

/** Return the warning about triggers at which no order would be made, with the first price that is. */
export function WaitingTriggers({ position }: { position: Position }) {
  if (position.warnings.length === 0) return null;
  return (
    <Banner tone="warn" title="A trigger alone will not lead to an order">
      <ul>
        {position.warnings.map((waiting) => (
          <li key={waiting.side}>
            {waiting.side === "sell" ? "▼ Sell" : "▲ Buy"} trigger{" "}
            <ExactPrice value={waiting.trigger} q="position.warnings.trigger" />:{" "}
            {reasonWords(waiting.reason)}.{" "}
            {waiting.executable_at === null ? (
              "No price near it leads to one."
            ) : (
              <>
                The first order is made at{" "}
                <b>
                  <ExactPrice value={waiting.executable_at} q="position.warnings.executable_at" />
                </b>
                .
              </>
            )}
          </li>
        ))}
      </ul>
    </Banner>
  );
}
