import { useAuditEvents } from "@/api/positions";
import type { Decision } from "@/api/types";
import { Button } from "@/components/button";

interface Props {
  positionId: string;
  decision: Decision;
}

/** Return the link of the audit chain that recorded a decision: its event number and its hash. */
export function AuditLink({ positionId, decision }: Props) {
  const events = useAuditEvents(positionId);
  const event = events.data?.pages
    .flatMap((page) => page.items)
    .find(({ kind, at }) => kind === "decided" && at === decision.at);
  if (event) {
    return (
      <span>
        Event {event.number}, hash{" "}
        <span className="mono" data-q="audit_event.hash">
          {event.hash}
        </span>
      </span>
    );
  }
  if (!events.hasNextPage) return null;
  return (
    <Button busy={events.isFetching} onClick={() => void events.fetchNextPage()}>
      Look further back for its hash
    </Button>
  );
}
