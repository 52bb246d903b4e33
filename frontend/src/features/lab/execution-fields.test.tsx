import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { ExecutionFields, USUAL_EXECUTION } from "@/features/lab/execution-fields";
import { executionWords } from "@/lib/words";
import type { ExecutionRequest } from "@/api/types";

function Harness({ sent }: { sent: ExecutionRequest[] }) {
  const [execution, setExecution] = useState(USUAL_EXECUTION);
  const change = (next: ExecutionRequest) => {
    sent.push(next);
    setExecution(next);
  };
  return <ExecutionFields execution={execution} onChange={change} problem={null} />;
}

describe("ExecutionFields", () => {
  it("starts inside the bar on the pessimistic path", () => {
    expect(USUAL_EXECUTION).toEqual({ model: "touch", path: "pessimistic" });
  });

  it("sends a path for fills inside the bar only", async () => {
    const sent: ExecutionRequest[] = [];
    render(<Harness sent={sent} />);
    await userEvent.selectOptions(screen.getByLabelText("Path"), "ohlc");
    await userEvent.selectOptions(screen.getByLabelText("Fills"), "next_open");
    expect(sent).toEqual([{ model: "touch", path: "ohlc" }, { model: "next_open" }]);
    expect(screen.queryByLabelText("Path")).toBeNull();
  });
});

describe("executionWords", () => {
  it("names the model, and its path where it has one", () => {
    expect(executionWords({ model: "touch", path: "pessimistic" })).toBe(
      "Inside the bar, pessimistic",
    );
    expect(executionWords({ model: "touch", path: "olhc" })).toBe("Inside the bar, O-L-H-C");
    expect(executionWords({ model: "next_open", path: null })).toBe("Next open");
  });
});
