import { useLink, type Link } from "@/api/link";
import { Problem } from "@/api/problem";
import { useStatus } from "@/api/system";
import type { Status } from "@/api/types";
import { percent } from "@/lib/format";
import { useNow } from "@/lib/now";
import { duration, exchangeMoment, secondsSince } from "@/lib/time";

const DOTS = { ok: "dot", degraded: "dot warn", down: "dot danger" } as const;

interface Look {
  tone: "" | "warn" | "danger";
  dot: string;
  word: string;
  detail: string;
}

function look(link: Link, status: ReturnType<typeof useStatus>, now: Date): Look {
  const { data, dataUpdatedAt } = status;
  if (!data) {
    return status.isPending
      ? { tone: "", dot: "dot paused", word: "Connecting", detail: "" }
      : { tone: "danger", dot: DOTS.down, word: "Offline", detail: "the backend does not answer" };
  }
  const problem = status.error ? Problem.from(status.error) : null;
  if (problem && problem.status > 0) {
    return { tone: "danger", dot: DOTS.down, word: "Not ready", detail: problem.message };
  }
  const lastSign = new Date(Math.max(link.heardAt, dataUpdatedAt)).toISOString();
  const age = duration(secondsSince(lastSign, now));
  if (link.state !== "live") {
    if (problem) {
      const since = `since ${exchangeMoment(lastSign, now)}`;
      return { tone: "danger", dot: DOTS.down, word: "Offline", detail: since };
    }
    return link.state === "connecting"
      ? { tone: "", dot: "dot paused", word: "Connecting", detail: "" }
      : { tone: "warn", dot: DOTS.degraded, word: "Delayed", detail: age };
  }
  if (data.trading_halted) {
    return { tone: "danger", dot: DOTS.down, word: "Stopped", detail: "no order is made" };
  }
  const away = data.dependencies.filter(({ state }) => state !== "ok");
  const worst = away.find(({ state }) => state === "down") ?? away[0];
  if (worst) {
    return {
      tone: worst.state === "down" ? "danger" : "warn",
      dot: DOTS[worst.state],
      word: worst.state === "down" ? "Not ready" : "Degraded",
      detail: worst.name,
    };
  }
  if (data.data.state === "down") {
    return { tone: "warn", dot: DOTS.degraded, word: "Degraded", detail: "prices" };
  }
  return { tone: "", dot: DOTS.ok, word: "Live", detail: age };
}

/** Return how the market data are: the provider, its budget of requests, and the cache. */
function Prices({ data, now }: { data: Status["data"]; now: Date }) {
  const { outage, budget, cache } = data;
  const rate = cache.hit_rate === null ? "" : `, ${percent(cache.hit_rate)} from the cache`;
  return (
    <li>
      <span className="status">
        <span className={data.state === "ok" ? DOTS.ok : DOTS.degraded} aria-hidden="true" />
        prices: {data.state}
      </span>
      <small>
        {outage ? `since ${exchangeMoment(outage.since, now)} ET; ` : ""}
        {budget.left} of {budget.burst} requests left
        {budget.until ? `, none before ${exchangeMoment(budget.until, now)} ET` : ""}
        {rate}
      </small>
    </li>
  );
}

/** Return the state of the link and, when it is opened, of everything that the backend needs. */
export function LinkState() {
  const link = useLink();
  const status = useStatus();
  const now = useNow();
  const { tone, dot, word, detail } = look(link, status, now);
  return (
    <details className="health">
      <summary className={`link-state ${tone}`}>
        <span className={dot} aria-hidden="true" />
        <span>{word}</span>
        {detail ? <span className="detail">· {detail}</span> : null}
      </summary>
      <ul>
        {status.data?.dependencies.map(({ name, state, detail: words }) => (
          <li key={name}>
            <span className="status">
              <span className={DOTS[state]} aria-hidden="true" />
              {name}: {state}
            </span>
            <small>{words}</small>
          </li>
        )) ?? <li>The backend does not answer; see whether it is running.</li>}
        {status.data ? <Prices data={status.data.data} now={now} /> : null}
        {status.data ? (
          <li>
            <small>
              Version {status.data.version}, rules{" "}
              <span className="mono">{status.data.rules_version}</span>
            </small>
          </li>
        ) : null}
      </ul>
    </details>
  );
}
