import { render, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Blockers } from "@/components/decision/blockers";
import { Evidence } from "@/components/decision/evidence";
import { DecisionSentence } from "@/components/decision/sentence";
import { decision, proposal } from "@/testing/builders";
import type { DecisionFacts } from "@/api/types";

const LIMITS = { min: "0.25", max: "0.75" };

function sentence(facts: DecisionFacts): string {
  const { container } = render(<DecisionSentence decision={facts} symbol="KO" limits={LIMITS} />);
  return container.textContent.replaceAll("\u202f", " ");
}

describe("DecisionSentence", () => {
  it("tells a hold with both exact triggers", () => {
    const words = sentence(decision());
    expect(words).toContain("Holding. KO $58.93");
    expect(words).toContain("$59.3383");
    expect(words).toContain("$55.8817");
    expect(words).toContain("Stock share 38.9 % of allowed 25–75 %.");
  });

  it("tells an order with its quantity, its price and its cause", () => {
    const words = sentence(proposal());
    expect(words).toContain("Sell. KO 12.0234 at $59.82");
    expect(words).toContain("the price reached the trigger");
  });

  it("tells a refusal with the rule that left nothing", () => {
    const words = sentence(
      proposal({ kind: "refused", reason: "trimmed_to_zero", binding: "guardrail" }),
    );
    expect(words).toContain("No trade.");
    expect(words).toContain("no quantity is left after the limits (guardrail)");
    expect(words).toContain("A sell was called for.");
  });

  it("shows a code that it does not know as words, never hides it", () => {
    expect(sentence(decision({ kind: "refused", reason: "new_reason" }))).toContain("new reason");
  });
});

describe("Evidence", () => {
  it("marks the gate that failed and does not claim the later ones", () => {
    render(<Evidence decision={decision({ kind: "refused", reason: "price_stale" })} />);
    const gate = (name: string) => screen.getByText(name).closest("li")?.textContent;
    expect(gate("Market session open")).toContain("passed");
    expect(gate("Price fresh")).toContain("the price is more than 60 s old");
    expect(gate("No order in flight")).toContain("not asked");
  });

  it("shows the numbers of a protection, and that a limit which nobody set is none", () => {
    const fall = {
      gate: "max_drawdown" as const,
      limit: "0.05",
      mark: "9000",
      value: "8549.99",
      lowest: "8550",
      fall: "0.050001",
    };
    const stopped = decision({ kind: "refused", reason: "max_drawdown", falls: [fall] });
    const { unmount } = render(<Evidence decision={stopped} />);
    const gate = (name: string) =>
      screen.getByText(name).closest("li")?.textContent.replaceAll("\u202f", " ");
    expect(gate("Within the largest drawdown")).toContain(
      "further from its peak than allowed: $8,549.99, at least $8,550.00, 5 % below $9,000.00",
    );
    expect(sentence(stopped)).toContain("it is $8,549.99 and orders need $8,550.00.");
    unmount();
    render(<Evidence decision={decision({ falls: [fall] })} />);
    expect(gate("Within the largest drawdown")).toContain("passed: $8,549.99");
    expect(gate("Within the largest daily loss")).toContain("no limit");
  });

  it("shows the quantity from the raw one through each cut to the order", () => {
    render(<Evidence decision={proposal()} />);
    const steps = screen.getByText("Quantity, step by step").closest("section");
    const text = steps?.textContent ?? "";
    expect(text).toContain("12.0235");
    expect(text).toContain("up to 27.0624");
    expect(text).toContain("toward zero to the lot, from 12.0235");
    expect(within(steps as HTMLElement).getAllByText("12.0234").length).toBe(2);
  });
});

describe("Blockers", () => {
  it("lists what would stop a check, and nothing when nothing would", () => {
    const { container, rerender } = render(<Blockers decision={decision()} />);
    expect(container.textContent).toBe("");
    rerender(<Blockers decision={decision({ blocked_by: ["session_closed"] })} />);
    expect(container.textContent).toContain("the market is closed");
  });
});
