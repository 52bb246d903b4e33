import type { Resolution } from "@/api/types";

const LENGTHS: readonly { value: Resolution; text: string }[] = [
  { value: "1m", text: "1 minute" },
  { value: "5m", text: "5 minutes" },
  { value: "15m", text: "15 minutes" },
  { value: "30m", text: "30 minutes" },
  { value: "1h", text: "1 hour" },
  { value: "1d", text: "1 day" },
];

/** Return the lengths that bars can have or be merged into, their own first. */
export function lengthsFrom(resolution: string) {
  return LENGTHS.slice(LENGTHS.findIndex(({ value }) => value === resolution));
}
