import { useStatus } from "@/api/system";
import { Banner } from "@/components/states";
import { useNow } from "@/lib/now";
import { exchangeMoment } from "@/lib/time";

/** Return the banner of a provider that gives no prices, and what still works; nothing otherwise. */
export function ProviderBanner() {
  const outage = useStatus().data?.data.outage;
  const now = useNow();
  if (!outage) return null;
  return (
    <Banner tone="warn" title={`Provider down since ${exchangeMoment(outage.since, now)} ET`}>
      <p>
        {outage.detail} Last asked {exchangeMoment(outage.asked_at, now)} ET.
      </p>
      <p>
        The prices below are the last ones, with their date. Nothing trades without a fresh price;
        history, what-if at a price of yours and simulations work. Code:{" "}
        <span className="mono">{outage.code}</span>
      </p>
    </Banner>
  );
}
