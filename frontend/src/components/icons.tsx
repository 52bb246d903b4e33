const PATHS = {
  positions: "M2 12l3.5-4 3 2.5L14 4M10.5 4H14v3.5",
  lab: "M6 2v4L2.8 12.2A1.2 1.2 0 0 0 3.9 14h8.2a1.2 1.2 0 0 0 1.1-1.8L10 6V2M5 2h6M4.6 10h6.8",
  light:
    "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  dark: "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z",
  system: "M2 3h12v8H2zM5.5 13.5h5M8 11v2.5",
  warning: "M8 2.5l6 11H2zM8 6.5v3.5M8 12v.01",
  halted: "M5.2 2h5.6L14 5.2v5.6L10.8 14H5.2L2 10.8V5.2z",
} as const;

/** Return a 16-pixel line icon; it is decoration, so a word always stands beside it. */
export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Return the product's mark: a price between two dashed limits. */
export function BrandMark() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
      <path d="M1 5h20M1 17h20" stroke="var(--guard)" strokeWidth="1.5" strokeDasharray="3 2" />
      <path
        d="M2 11l4 3 4-7 4 8 3-6 3 2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
    </svg>
  );
}
