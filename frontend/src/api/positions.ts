import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { client, newKey, unwrap } from "@/api/client";
import { usePolling } from "@/api/link";
import type { OpenPositionRequest, Position, ProtectionsInput, StrategyInput } from "@/api/types";

const PAGE = 50;

function useChanged() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ["positions"] });
}

function keyed(id: string) {
  return {
    params: { path: { position_id: id }, header: { "idempotency-key": newKey() } },
  };
}

/** Every position that is not archived. */
export function usePositions() {
  const poll = usePolling();
  return useQuery({
    queryKey: ["positions", "list"],
    queryFn: ({ signal }) =>
      unwrap(client.GET("/v1/positions", { params: { query: { limit: 1000 } }, signal })),
    refetchInterval: poll,
  });
}

/** One position. */
export function usePosition(id: string) {
  const poll = usePolling();
  return useQuery({
    queryKey: ["positions", id],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/v1/positions/{position_id}", {
          params: { path: { position_id: id } },
          signal,
        }),
      ),
    refetchInterval: poll,
  });
}

const RUNGS = 3;

/** The next orders of a position, above and below its last price. */
export function useLadder(id: string) {
  const poll = usePolling();
  return useQuery({
    queryKey: ["positions", id, "ladder"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/v1/positions/{position_id}/ladder", {
          params: { path: { position_id: id }, query: { rungs: RUNGS } },
          signal,
        }),
      ),
    refetchInterval: poll,
  });
}

/** The decisions of a position, newest first, a page at a time. */
export function useDecisions(id: string) {
  const poll = usePolling();
  return useInfiniteQuery({
    queryKey: ["positions", id, "decisions"],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET("/v1/positions/{position_id}/decisions", {
          params: { path: { position_id: id }, query: { limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: poll,
  });
}

/** The latest trades of a position, newest first. */
export function useTrades(id: string) {
  return useInfiniteQuery({
    queryKey: ["positions", id, "trades"],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET("/v1/positions/{position_id}/trades", {
          params: { path: { position_id: id }, query: { limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The orders of a position, newest first. */
export function useOrders(id: string) {
  return useInfiniteQuery({
    queryKey: ["positions", id, "orders"],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET("/v1/positions/{position_id}/orders", {
          params: { path: { position_id: id }, query: { limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The ledger of a position, newest first. */
export function useLedger(id: string) {
  return useInfiniteQuery({
    queryKey: ["positions", id, "ledger"],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET("/v1/positions/{position_id}/ledger", {
          params: { path: { position_id: id }, query: { limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The links of a position's audit chain, newest first. */
export function useAuditEvents(id: string) {
  return useInfiniteQuery({
    queryKey: ["positions", id, "audit-events"],
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET("/v1/positions/{position_id}/audit-events", {
          params: { path: { position_id: id }, query: { limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** Open a position. */
export function useOpenPosition() {
  const changed = useChanged();
  return useMutation({
    mutationFn: (body: OpenPositionRequest) =>
      unwrap(
        client.POST("/v1/positions", {
          params: { header: { "idempotency-key": newKey() } },
          body,
        }),
      ),
    onSuccess: changed,
  });
}

export type StatusAction = "start" | "pause" | "resolve" | "reset";

/** Start, pause or un-halt a position, or measure the fall of its value anew. */
export function useChangeStatus(id: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: ({
      action,
      reason,
    }: {
      action: StatusAction;
      reason: string;
    }): Promise<Position> => {
      const request = { ...keyed(id), body: { reason } };
      switch (action) {
        case "start":
          return unwrap(client.POST("/v1/positions/{position_id}/start", request));
        case "pause":
          return unwrap(client.POST("/v1/positions/{position_id}/pause", request));
        case "resolve":
          return unwrap(client.POST("/v1/positions/{position_id}/resolve-halt", request));
        case "reset":
          return unwrap(client.POST("/v1/positions/{position_id}/reset-protection", request));
      }
    },
    onSuccess: changed,
  });
}

/** One full cycle on the current price of the market. */
export function useTick(id: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: () => unwrap(client.POST("/v1/positions/{position_id}/tick", keyed(id))),
    onSettled: changed,
  });
}

/** The decision at a price, or at the market's price (null), without any effect. */
export function useEvaluate(id: string, price: string | null | undefined) {
  return useQuery({
    queryKey: ["evaluations", id, price],
    queryFn: ({ signal }) =>
      unwrap(
        client.POST("/v1/positions/{position_id}/evaluate", {
          params: { path: { position_id: id } },
          body: { price: price ?? null },
          signal,
        }),
      ),
    enabled: price !== undefined,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
}

/** Deposit or withdraw cash. */
export function useMoveCash(id: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (body: { kind: "deposit" | "withdrawal"; amount: string; reason: string }) =>
      unwrap(client.POST("/v1/positions/{position_id}/cash-movements", { ...keyed(id), body })),
    onSuccess: changed,
  });
}

/** Set the anchor by hand. */
export function useSetAnchor(id: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (body: { price: string; reason: string }) =>
      unwrap(client.POST("/v1/positions/{position_id}/anchor", { ...keyed(id), body })),
    onSuccess: changed,
  });
}

/** Save protections, and a new version of the strategy. */
export function useChangeStrategy(id: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (body: {
      strategy: StrategyInput;
      protections: ProtectionsInput;
      reason: string;
    }) =>
      unwrap(
        client.PATCH("/v1/positions/{position_id}", {
          params: { path: { position_id: id } },
          body,
        }),
      ),
    onSuccess: changed,
  });
}
