import type { ReactNode } from "react";
import * as format from "@/lib/format";
import { exchangeSecond, localTime } from "@/lib/time";

interface ValueProps {
  /** The API field that is shown, such as "position.value". */
  q: string;
  children: ReactNode;
  title?: string;
}

/** Return a value marked with the API field that it shows, so that every number can be traced. */
export function Value({ q, children, title }: ValueProps) {
  return (
    <span className="nowrap" data-q={q} title={title}>
      {children}
    </span>
  );
}

/** Return an exact price, its 3rd and 4th decimals quieter: cents are read first, nothing is lost. */
export function ExactPrice({
  value,
  q,
  bare,
}: {
  value: format.Decimal;
  q: string;
  bare?: boolean;
}) {
  return (
    <Value q={q}>
      <QuietDigits text={bare ? format.barePrice(value) : format.price(value)} />
    </Value>
  );
}

/** Return a change in dollars to its last digit, what is below a cent quieter. */
export function ExactChange({ value, q }: { value: format.Decimal; q: string }) {
  return (
    <Value q={q}>
      <QuietDigits text={format.exactMoneyChange(value)} />
    </Value>
  );
}

function QuietDigits({ text }: { text: string }) {
  const cents = text.indexOf(".") + 3;
  if (text === format.UNKNOWN) return text;
  return (
    <>
      {text.slice(0, cents)}
      <span className="fine">{text.slice(cents)}</span>
    </>
  );
}

/** Return an instant in exchange time, the reader's own time in the title. */
export function Moment({ at, text = exchangeSecond(at) }: { at: string; text?: string }) {
  return (
    <time className="nowrap" dateTime={at} title={localTime(at)}>
      {text}
    </time>
  );
}
