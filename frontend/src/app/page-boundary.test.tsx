import { render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PageBoundary } from "@/app/page-boundary";

function Broken(): never {
  throw new Error("Failed to fetch dynamically imported module");
}

describe("PageBoundary", () => {
  // React reports what a boundary caught.
  beforeEach(() => vi.spyOn(console, "error").mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it("says what happened in place of the page, until another page is opened", () => {
    const { rerender } = render(
      <PageBoundary path="/lab">
        <Broken />
      </PageBoundary>,
    );
    expect(screen.getByRole("alert").textContent).toContain("This page could not be shown");
    expect(screen.getByRole("alert").textContent).toContain("Failed to fetch dynamically");
    expect(screen.getByRole("button", { name: "Reload the page" })).toBeTruthy();
    rerender(
      <PageBoundary path="/">
        <p>Positions</p>
      </PageBoundary>,
    );
    expect(screen.getByText("Positions")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });
});
