// Decimal strings as the API writes them, moved and compared without binary floats.

const DECIMAL = /^([+-]?)(\d*)\.?(\d*)$/;

interface Parts {
  negative: boolean;
  whole: string;
  fraction: string;
}

function parts(text: string): Parts | null {
  const match = DECIMAL.exec(text.trim());
  if (!match) return null;
  const [, sign, whole = "", fraction = ""] = match;
  return whole + fraction === "" ? null : { negative: sign === "-", whole, fraction };
}

function write({ negative, whole, fraction }: Parts): string {
  const head = whole.replace(/^0+(?=\d)/, "") || "0";
  const tail = fraction.replace(/0+$/, "");
  const text = tail ? `${head}.${tail}` : head;
  return negative && text !== "0" ? `-${text}` : text;
}

function shift(text: string, places: number): string | null {
  const read = parts(text);
  if (!read) return null;
  const { negative, whole, fraction } = read;
  if (places >= 0) {
    const padded = fraction.padEnd(places, "0");
    return write({
      negative,
      whole: whole + padded.slice(0, places),
      fraction: padded.slice(places),
    });
  }
  const padded = whole.padStart(-places, "0");
  const cut = padded.length + places;
  return write({ negative, whole: padded.slice(0, cut), fraction: padded.slice(cut) + fraction });
}

/** Return the fraction that a typed percentage means ("3" → "0.03"); other text unchanged. */
export function percentToFraction(text: string): string {
  return shift(plain(text), -2) ?? text.trim();
}

/** Return the percentage that a fraction means ("0.03" → "3"). */
export function fractionToPercent(text: string): string {
  return shift(text, 2) ?? text;
}

/** Return what a person typed as a plain decimal: no thousands commas, no spaces, an ASCII minus. */
export function plain(text: string): string {
  return text.replace(/[,\s$%]/g, "").replace("−", "-");
}

/** Return the sign of `left − right`, exactly. */
export function compareDecimals(left: string, right: string): -1 | 0 | 1 {
  const a = parts(left) ?? { negative: false, whole: "0", fraction: "" };
  const b = parts(right) ?? { negative: false, whole: "0", fraction: "" };
  const width = Math.max(a.fraction.length, b.fraction.length);
  const scaled = (part: Parts) => {
    const value = BigInt(part.whole + part.fraction.padEnd(width, "0"));
    return part.negative ? -value : value;
  };
  const x = scaled(a);
  const y = scaled(b);
  return x < y ? -1 : x > y ? 1 : 0;
}
