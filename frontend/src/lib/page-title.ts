import { useEffect } from "react";

/** Name the page in the browser's title; the mode stands in it, so that tabs are told apart. */
export function usePageTitle(page: string, mode = "PAPER"): void {
  useEffect(() => {
    document.title = `${page} · ${mode} · Volatility-Balancing`;
  }, [page, mode]);
}
