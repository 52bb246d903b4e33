import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, newKey, unwrap } from "@/api/client";
import { usePolling } from "@/api/link";
import type { Trading } from "@/api/types";

/** The kill switch: whether trading is stopped, since when and why. */
export function useTrading() {
  const poll = usePolling();
  return useQuery({
    queryKey: ["trading"],
    queryFn: ({ signal }): Promise<Trading> => unwrap(client.GET("/v1/trading", { signal })),
    refetchInterval: poll,
  });
}

/** Stop all trading, or let it go on, with a reason. */
export function useFlipTrading(to: "halt" | "resume") {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (reason: string): Promise<Trading> => {
      const request = {
        params: { header: { "idempotency-key": newKey() } },
        body: { reason },
      };
      return unwrap(
        to === "halt"
          ? client.POST("/v1/trading/halt", request)
          : client.POST("/v1/trading/resume", request),
      );
    },
    onSuccess: (trading) => {
      queries.setQueryData<Trading>(["trading"], trading);
      // What was asked before the switch was flipped must not come after it.
      void queries.invalidateQueries({ queryKey: ["trading"] });
      void queries.invalidateQueries({ queryKey: ["status"] });
    },
    onError: () => queries.invalidateQueries({ queryKey: ["trading"] }),
  });
}
