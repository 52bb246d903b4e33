import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";
import { TextField } from "@/components/field";
import { ErrorBanner } from "@/components/states";
import { StrategyFields } from "@/components/strategy-fields";
import { presetDraft } from "@/lib/strategy";

function refused(field: string): Problem {
  return new Problem(422, { errors: [{ field, message: "is 7", allowed: "0 to 5" }] });
}

describe("TextField", () => {
  it("ties its error to the input, for people who hear it", () => {
    render(<TextField label="Amount" name="amount" value="7" onChange={() => {}} error="is 7" />);
    const input = screen.getByLabelText("Amount");
    expect(input.getAttribute("aria-invalid")).toBe("true");
    const described = input.getAttribute("aria-describedby") ?? "";
    expect(document.getElementById(described)?.textContent).toBe("is 7");
  });
});

describe("StrategyFields", () => {
  function Form({ problem }: { problem: Problem | null }) {
    const [draft, setDraft] = useState(presetDraft("balanced"));
    return <StrategyFields draft={draft} onChange={setDraft} problem={problem} />;
  }

  it("shows only the number that the chosen size rule takes", async () => {
    render(<Form problem={null} />);
    expect(screen.queryByLabelText("Ratio")).not.toBeNull();
    await userEvent.selectOptions(screen.getByLabelText("Size rule"), "target");
    expect(screen.queryByLabelText("Ratio")).toBeNull();
    expect(screen.queryByLabelText("Target share")).not.toBeNull();
  });

  it("opens the fold that holds a refused field", () => {
    const { container } = render(<Form problem={refused("strategy.costs.commission_rate")} />);
    expect(container.querySelector("details")?.open).toBe(true);
    expect(screen.getByText("as a fraction it is 7; allowed: 0 to 5")).toBeDefined();
  });
});

describe("ErrorBanner", () => {
  it("says what happened, for which field, from when the rows are and when to try again", () => {
    const problem = new Problem(503, {
      type: "/problems/provider-unavailable",
      detail: "Yahoo gave no answer.",
      retry_after_seconds: 30,
    });
    const { container } = render(
      <ErrorBanner
        error={problem}
        what="The positions could not be refreshed"
        rowsFrom={Date.parse("2024-03-08T21:00:00Z")}
      />,
    );
    const words = container.textContent;
    expect(words).toContain("The positions could not be refreshed");
    expect(words).toContain("Yahoo gave no answer.");
    expect(words).toContain("from 8 Mar 2024, 16:00:00 ET");
    expect(words).toContain("wait 30 s");
    expect(words).toContain("provider-unavailable");
  });
});
