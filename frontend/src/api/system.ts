import { useQuery } from "@tanstack/react-query";
import { client, unwrap } from "@/api/client";

/** Mode, market clock and dependencies: read every five seconds, so that its age is the link's age. */
export function useStatus() {
  return useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => unwrap(client.GET("/v1/status", { signal })),
    refetchInterval: 5000,
    retry: false,
  });
}
