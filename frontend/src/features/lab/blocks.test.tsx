import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { Attribution } from "@/features/lab/attribution";
import { Drawdowns } from "@/features/lab/drawdowns";
import { Envelope } from "@/features/lab/envelope";
import { Months } from "@/features/lab/months";
import { result } from "@/testing/builders";

const DIGITS = 12;

function steps(printed: string): bigint {
  const [whole = "", fraction = ""] = printed.replace("−", "-").replace(/[$,+]/g, "").split(".");
  return BigInt(whole + fraction.padEnd(DIGITS, "0"));
}

describe("Attribution", () => {
  it("prints parts that add up to the printed total, and without holding to the excess", () => {
    const { container } = render(
      <Attribution result={result({ excess_over_holding: "498.693423" })} />,
    );
    const printed = [...container.querySelectorAll("tbody td [data-q]")].map((cell) =>
      steps(cell.textContent),
    );
    const [excess = "", total = ""] = [...container.querySelectorAll("tfoot td [data-q]")].map(
      (cell) => cell.textContent,
    );
    const sum = (parts: bigint[]) => parts.reduce((left, right) => left + right, 0n);
    expect(printed).toHaveLength(8);
    expect(sum(printed)).toBe(steps(total));
    expect(sum(printed.slice(1))).toBe(steps(excess));
  });

  it("gives the reason where there is no efficiency", () => {
    const { container } = render(
      <Attribution
        result={result({
          harvest: { theory: "0", efficiency: null },
          undefined: { "harvest.efficiency": "in theory there was nothing to harvest" },
        })}
      />,
    );
    expect(container.textContent).toContain("efficiency —: in theory there was nothing to harvest");
  });
});

describe("Envelope", () => {
  const envelope = { worst: "11849.758675", model: "12108.53729", best: "12656.063811" };

  it("is left out where nothing fills inside the bar", () => {
    expect(render(<Envelope result={result()} />).container.textContent).toBe("");
  });

  it.each([
    ["11849.758674", "Holding ended below all of it."],
    ["11849.758675", "it cannot be told which of the two is ahead"],
    ["12656.063812", "Holding ended above all of it."],
  ])("says of holding at %s: %s", (equity, words) => {
    const { benchmarks } = result();
    const hold_opening_mix = { ...benchmarks.hold_opening_mix, equity };
    const changed = result({ envelope, benchmarks: { ...benchmarks, hold_opening_mix } });
    const { container } = render(<Envelope result={changed} />);
    expect(container.textContent).toContain(words);
    expect(container.textContent).toContain("not a bound");
  });
});

describe("Months", () => {
  it("prints the robot's months, then those of holding, and — where there is none", async () => {
    render(<Months result={result()} />);
    const cells = () => screen.getAllByRole("cell").map((cell) => cell.textContent);
    expect(cells().slice(0, 2)).toEqual(["−1.7", "0.0"]);
    expect(cells().slice(-2)).toEqual(["+6.9", "+6.4"]);
    await userEvent.click(screen.getByRole("button", { name: "Holding" }));
    expect(cells().slice(0, 2)).toEqual(["−1.8", "—"]);
    expect(cells().slice(-2)).toEqual(["+6.4", "+6.9"]);
  });
});

describe("Drawdowns", () => {
  it("says that a fall is not recovered, never an empty date", () => {
    const { container } = render(<Drawdowns result={result()} />);
    expect(container.querySelector("tbody")?.textContent).toContain("not yet");
  });
});
