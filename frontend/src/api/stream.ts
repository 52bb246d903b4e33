import { baseUrl } from "@/api/client";
import type { components } from "@/api/schema.gen";

// One connection a browser: of its tabs, the one that holds the lock reads the stream and tells
// the others. When it closes, the next one gets the lock, and a reset makes up for the change.
const NAME = "vb-event-stream";
const RETRY_MS = 5000;

type Schemas = components["schemas"];

interface Bodies {
  price: Schemas["PriceEventOut"];
  decision: Schemas["DecisionEventOut"];
  order: Schemas["OrderEventOut"];
  fill: Schemas["FillEventOut"];
  position: Schemas["PositionEventOut"];
  job: Schemas["JobEventOut"];
  trading: Schemas["TradingEventOut"];
  health: Schemas["HealthEventOut"];
  reset: Schemas["ResetEventOut"];
  ping: Record<string, never>;
}

/** One event of the stream. */
export type StreamEvent = { [K in keyof Bodies]: { kind: K; body: Bodies[K] } }[keyof Bodies];

/** What is told: an event, or that the connection opened or closed. */
export type Told = StreamEvent | { kind: "open" } | { kind: "closed" };

const KINDS = [
  "price",
  "decision",
  "order",
  "fill",
  "position",
  "job",
  "trading",
  "health",
  "reset",
  "ping",
] as const satisfies (keyof Bodies)[];

/** Read the stream and tell what comes; a connection that was refused is tried again. */
function connect(tell: (told: Told) => void): void {
  const source = new EventSource(`${baseUrl}/v1/stream`);
  source.onopen = () => tell({ kind: "open" });
  source.onerror = () => {
    tell({ kind: "closed" });
    // A connection that broke comes back by itself, to the place where it was.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(tell), RETRY_MS);
  };
  for (const kind of KINDS) {
    source.addEventListener(kind, ({ data }: MessageEvent<string>) => {
      tell({ kind, body: JSON.parse(data) as unknown } as StreamEvent);
    });
  }
}

/** Tell `listener` what the stream tells, over the one connection of all tabs. */
export function followStream(listener: (told: Told) => void): void {
  // Without a secure context there are no locks; then each tab has a connection of its own.
  const { locks } = navigator as { locks?: LockManager | null };
  if (!locks) {
    connect(listener);
    return;
  }
  const channel = new BroadcastChannel(NAME);
  let isOpen: boolean | undefined;
  channel.onmessage = ({ data }: MessageEvent<Told | "how is it?">) => {
    if (data !== "how is it?") listener(data);
    else if (isOpen !== undefined) channel.postMessage({ kind: isOpen ? "open" : "closed" });
  };
  channel.postMessage("how is it?");
  void locks.request(NAME, () => {
    connect((told) => {
      if (told.kind === "open" || told.kind === "closed") isOpen = told.kind === "open";
      listener(told);
      channel.postMessage(told);
    });
    return new Promise<never>(() => undefined);
  });
}
