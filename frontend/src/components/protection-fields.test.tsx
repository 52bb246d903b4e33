import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";
import { ProtectionFields } from "@/components/protection-fields";
import { protectionsDraft } from "@/lib/protections";

function Form({ problem }: { problem: Problem | null }) {
  const [draft, setDraft] = useState(protectionsDraft());
  return <ProtectionFields draft={draft} onChange={setDraft} problem={problem} />;
}

describe("ProtectionFields", () => {
  it("says which percentages are allowed, and that empty means no limit", async () => {
    render(<Form problem={null} />);
    expect(screen.getByText("1–90, empty: no limit")).toBeDefined();
    expect(screen.getByText("0.5–50, empty: no limit")).toBeDefined();
    await userEvent.type(screen.getByLabelText("Largest drawdown"), "12.5");
    expect(screen.getByDisplayValue("12.5")).toBeDefined();
  });

  it("shows a refusal beside the field that it is about", () => {
    const field = "protections.max_daily_loss";
    const problem = new Problem(422, {
      errors: [{ field, message: "is 0.9", allowed: "null or a decimal from 0.005 to 0.5" }],
    });
    render(<Form problem={problem} />);
    const input = screen.getByLabelText("Largest daily loss");
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByLabelText("Largest drawdown").getAttribute("aria-invalid")).toBeNull();
    expect(
      screen.getByText("as a fraction it is 0.9; allowed: null or a decimal from 0.005 to 0.5"),
    ).toBeDefined();
  });
});
