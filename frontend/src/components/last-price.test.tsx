import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LastPrice as Price } from "@/api/types";
import { LastPrice } from "@/components/last-price";
import { ProviderBanner } from "@/components/provider-banner";
import { status } from "@/testing/builders";

const NOW = "2024-01-02T16:00:00Z";

function price(changes: Partial<Price> = {}): Price {
  return {
    price: "58.93",
    source: "yahoo",
    observed_at: "2024-01-02T15:59:48Z",
    received_at: "2024-01-02T15:59:50Z",
    age_seconds: 12,
    delay: "real_time",
    delay_minutes: 0,
    stale: false,
    ...changes,
  };
}

function show(what: ReactNode, answer = status()) {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  queries.setQueryData(["status"], answer);
  return render(<QueryClientProvider client={queries}>{what}</QueryClientProvider>).container;
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW), toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("LastPrice", () => {
  it("stands with its age and its source", () => {
    const shown = show(<LastPrice price={price()} symbol="KO" q="price" />);
    expect(shown.textContent).toBe("$58.93" + "12 s ago" + "Yahoo, real time");
    expect(shown.querySelector(".stale, .warn")).toBeNull();
  });

  it("goes stale while the page is open, by the limit of the API", () => {
    const old = price({ observed_at: "2024-01-02T15:56:00Z" });
    const shown = show(<LastPrice price={old} symbol="KO" q="price" />);
    expect(screen.getByText("stale · 4 min old").className).toContain("warn");
    expect(shown.querySelector(".price-value")?.className).toContain("stale");
  });

  it("is grey and dated, without alarm, when the exchange is closed", () => {
    const closed = status({ market: { ...status().market, phase: "closed" } });
    const old = price({ observed_at: "2023-12-29T21:00:00Z", stale: true });
    const shown = show(<LastPrice price={old} symbol="KO" q="price" />, closed);
    expect(screen.getByText("stale · 29 Dec 2023, 16:00 ET").className).not.toContain("warn");
    expect(shown.querySelector(".price-value")?.className).toContain("stale");
  });

  it("says how far its source is behind the exchange", () => {
    show(
      <LastPrice price={price({ delay: "delayed", delay_minutes: 15 })} symbol="KO" q="price" />,
    );
    expect(screen.getByText("Yahoo, 15 min late")).toBeTruthy();
  });

  it("is a dash before the first price, never a number", () => {
    const shown = show(<LastPrice price={null} symbol="KO" q="price" />);
    expect(shown.textContent).toBe("—" + "no price seen yet");
  });

  it("is the last one that was seen where none was used yet", () => {
    const symbols = [{ symbol: "KO", last_price: price() }];
    const answer = status({ data: { ...status().data, symbols } });
    const shown = show(<LastPrice price={null} symbol="KO" q="price" />, answer);
    expect(shown.textContent).toBe("$58.93" + "12 s ago" + "Yahoo, real time, not used yet");
    const other = show(<LastPrice price={null} symbol="MSFT" q="price" />, answer);
    expect(other.textContent).toContain("no price seen yet");
  });
});

describe("ProviderBanner", () => {
  it("says since when, why, and what still works", () => {
    const outage = {
      since: "2024-01-02T15:02:00Z",
      asked_at: "2024-01-02T15:05:00Z",
      code: "RATE_LIMITED",
      detail: "Yahoo Finance takes no more requests for now (429).",
      retry_at: "2024-01-02T15:10:00Z",
    };
    const down = status({ data: { ...status().data, state: "down", outage } });
    const words = show(<ProviderBanner />, down).textContent;
    expect(words).toContain("Provider down since 10:02 ET");
    expect(words).toContain("(429). Last asked 10:05 ET.");
    expect(words).toContain("simulations work");
    expect(words).toContain("RATE_LIMITED");
  });

  it("is not there while the provider answers", () => {
    expect(show(<ProviderBanner />).textContent).toBe("");
  });
});
