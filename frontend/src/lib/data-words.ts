// The words for what a dataset is made of.

/** The lengths of bars, the usual one first. */
export const RESOLUTIONS = [
  { code: "1d", name: "Daily" },
  { code: "1h", name: "1 hour" },
  { code: "30m", name: "30 minutes" },
  { code: "15m", name: "15 minutes" },
  { code: "5m", name: "5 minutes" },
  { code: "1m", name: "1 minute" },
] as const;

const PROVIDERS: Record<string, string> = {
  yahoo: "Yahoo Finance",
  upload: "imported file",
  resampled: "made of shorter bars",
};

/** Return the length of a bar, to follow a symbol: "KO, daily". */
export function resolutionWords(code: string): string {
  return RESOLUTIONS.find((each) => each.code === code)?.name.toLowerCase() ?? code;
}

/** Return the basis of prices. */
export function adjustmentWords(adjustment: "raw" | "split"): string {
  return adjustment === "raw" ? "as traded" : "adjusted for splits";
}

/** Return who gave prices. */
export function providerWords(provider: string): string {
  return PROVIDERS[provider] ?? provider;
}
