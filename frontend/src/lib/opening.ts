import { fractionToPercent, percentToFraction, plain } from "@/lib/decimal";

/** What a position or simulation starts with, as a form holds it. */
export interface OpeningDraft {
  kind: "value" | "holding";
  value: string;
  stockPercent: string;
  cash: string;
  shares: string;
}

/** The opening as the API writes it: one of the two pairs. */
export interface Opening {
  value?: string | null;
  stock_fraction?: string | null;
  cash?: string | null;
  shares?: string | null;
}

/** Return the draft of an opening; without one, $10,000 with half of it in stock. */
export function openingDraft(opening: Opening = {}): OpeningDraft {
  return {
    kind: opening.cash == null ? "value" : "holding",
    value: opening.value ?? "10,000",
    stockPercent: fractionToPercent(opening.stock_fraction ?? "0.5"),
    cash: opening.cash ?? "5,000",
    shares: opening.shares ?? "100",
  };
}

/** Return the opening that a draft describes. */
export function openingOf(draft: OpeningDraft) {
  return draft.kind === "value"
    ? { value: plain(draft.value), stock_fraction: percentToFraction(draft.stockPercent) }
    : { cash: plain(draft.cash), shares: plain(draft.shares) };
}
