import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { Measures } from "@/features/lab/measures";
import { Verdict } from "@/features/lab/verdict";
import { result } from "@/testing/builders";
import type { SimulationResult } from "@/api/types";

function words(changes: Partial<SimulationResult> = {}): string {
  const { container } = render(<Verdict result={result(changes)} />);
  return container.textContent.replaceAll("\u202f", " ");
}

describe("Verdict", () => {
  it("says that the robot ended ahead, and that its falls were deeper", () => {
    expect(words()).toContain("The robot ended ahead of holding, with deeper falls.");
  });

  it("says as plainly that it ended behind", () => {
    const final = { ...result().final, equity: "11547.499999" };
    expect(words({ final })).toContain("The robot ended behind holding");
  });

  it("says that it fills at the price it decided on", () => {
    expect(words().toLowerCase()).toContain("fills at the price it decided on");
  });

  it("names every reason for a refusal with its count", () => {
    expect(words()).toContain("501 refused: no quantity is left after the limits");
  });

  it("names the orders that were never filled beside the refused ones", () => {
    const counts = { ...result().counts, unfilled: { expired: 1 } };
    expect(words({ counts })).toContain("1 unfilled: the data ended before the next open");
  });
});

describe("Measures", () => {
  it("shows an undefined measure as a dash with its reason, never as zero", () => {
    const metrics = { ...result().metrics, sharpe: null };
    const undefinedReasons = { sharpe: "the returns do not vary" };
    render(<Measures result={result({ metrics, undefined: undefinedReasons })} />);
    const row = screen.getByText("Sharpe").closest("div");
    expect(row?.querySelector("dd")?.textContent).toBe("—");
    expect(row?.textContent).toContain("the returns do not vary");
  });
});
