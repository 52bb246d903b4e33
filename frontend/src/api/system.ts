import { useQuery } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";
import { usePolling } from "@/api/link";
import type { Status } from "@/api/types";

// The exchange's clock moves by itself, so that it is read again when its part of the day ends.
function untilChange(status: Status | undefined): number {
  if (!status) return 5000;
  const left = Date.parse(status.market.next_change_at) - Date.now();
  return Math.min(Math.max(left, 1000), 60_000);
}

/** Mode, market clock and dependencies. */
export function useStatus() {
  const poll = usePolling();
  return useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }): Promise<Status> => unwrap(client.GET("/v1/status", { signal })),
    refetchInterval: (query) => poll || untilChange(query.state.data),
    retry: false,
  });
}
