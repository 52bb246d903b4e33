// Times are shown in the exchange's zone; the reader's own zone stands in the title.

const EXCHANGE_ZONE = "America/New_York";

const parts = new Intl.DateTimeFormat("en-US", {
  timeZone: EXCHANGE_ZONE,
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

const calendar = new Intl.DateTimeFormat("en-US", {
  timeZone: "UTC",
  day: "numeric",
  month: "short",
  year: "numeric",
});

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

function read(format: Intl.DateTimeFormat, at: Date): Record<string, string> {
  return Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
}

/** Return an instant on the exchange's clock: "8 Mar 2024, 16:00 ET". */
export function exchangeTime(at: string): string {
  const { day, month, year, hour, minute } = read(parts, new Date(at));
  return `${day ?? ""} ${month ?? ""} ${year ?? ""}, ${hour ?? ""}:${minute ?? ""} ET`;
}

/** Return an instant to the second on the exchange's clock. */
export function exchangeSecond(at: string): string {
  const { second } = read(parts, new Date(at));
  return exchangeTime(at).replace(" ET", `:${second ?? ""} ET`);
}

/** Return the exchange's date of an instant: "8 Mar 2024". */
export function exchangeDate(at: string): string {
  const { day, month, year } = read(parts, new Date(at));
  return `${day ?? ""} ${month ?? ""} ${year ?? ""}`;
}

/** Return a short moment for a row: the time if it is today, "8 Mar, 16:00" this year, else the date. */
export function exchangeMoment(at: string, now: Date): string {
  const then = read(parts, new Date(at));
  const today = read(parts, now);
  const clock = `${then.hour ?? ""}:${then.minute ?? ""}`;
  const date = `${then.day ?? ""} ${then.month ?? ""}`;
  if (then.year !== today.year) return `${date} ${then.year ?? ""}`;
  return date === `${today.day ?? ""} ${today.month ?? ""}` ? clock : `${date}, ${clock}`;
}

/** Return the time of an instant on the exchange's clock: "16:00". */
export function exchangeClock(at: string): string {
  const { hour, minute } = read(parts, new Date(at));
  return `${hour ?? ""}:${minute ?? ""}`;
}

/** Return the weekday and time of an instant on the exchange's clock: "Mon 09:30". */
export function exchangeWeekday(at: string): string {
  const { weekday, hour, minute } = read(parts, new Date(at));
  return `${weekday ?? ""} ${hour ?? ""}:${minute ?? ""}`;
}

/** Return an ISO date (no time) as "4 Jan 2010". */
export function calendarDate(on: string): string {
  const { day, month, year } = read(calendar, new Date(`${on.slice(0, 10)}T00:00:00Z`));
  return `${day ?? ""} ${month ?? ""} ${year ?? ""}`;
}

/** Return an instant in the reader's own zone, for a title. */
export function localTime(at: string): string {
  return local.format(new Date(at));
}

/** Return how long a number of seconds is: "12 s", "4 min", "2 h 14 min", "3 days". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) {
    const minutes = Math.floor((whole % 3600) / 60);
    return `${Math.floor(whole / 3600)} h${minutes ? ` ${minutes} min` : ""}`;
  }
  const days = Math.floor(whole / 86_400);
  return days === 1 ? "1 day" : `${days} days`;
}

/** Return the seconds from `at` to `now`, never negative. */
export function secondsSince(at: string, now: Date): number {
  return Math.max(0, (now.getTime() - Date.parse(at)) / 1000);
}

/** Return an age: "12 s ago" up to an hour, the exchange's time after that. */
export function age(at: string, now: Date): string {
  const seconds = secondsSince(at, now);
  return seconds <= 3600 ? `${duration(seconds)} ago` : exchangeTime(at);
}
