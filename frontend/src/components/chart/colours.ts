// A canvas needs resolved colours; reading a custom property gives its light-dark() text instead.
const TOKENS = {
  ink: "--ink",
  label: "--ink-3",
  line: "--line",
  grid: "--chart-grid",
  hold: "--chart-hold",
  fill: "--chart-fill",
  buy: "--buy",
  sell: "--sell",
} as const;

export type Colours = Record<keyof typeof TOKENS, string>;

/** Return the colours of the tokens as they are on screen now, inside `host`. */
export function resolveColours(host: HTMLElement): Colours {
  const probe = document.createElement("span");
  host.append(probe);
  const resolved = Object.fromEntries(
    Object.entries(TOKENS).map(([name, token]) => {
      probe.style.color = `var(${token})`;
      return [name, getComputedStyle(probe).color];
    }),
  ) as Colours;
  probe.remove();
  return resolved;
}
