import type { CSSProperties, ReactNode } from "react";
import { Skeleton } from "@/components/states";

export interface Kpi {
  label: string;
  value: ReactNode;
  context?: ReactNode;
}

/** Return a strip of tiles: label, value, one line of context. */
export function Kpis({ tiles }: { tiles: readonly Kpi[] }) {
  return (
    <dl className="kpis" style={{ "--tiles": tiles.length } as CSSProperties}>
      {tiles.map((tile) => (
        <div className="kpi" key={tile.label}>
          <dt>{tile.label}</dt>
          <dd>{tile.value}</dd>
          {tile.context ? <dd>{tile.context}</dd> : null}
        </div>
      ))}
    </dl>
  );
}

/** Return the strip while its values are still to come: labels are there, nothing will jump. */
export function KpiSkeleton({ labels }: { labels: readonly string[] }) {
  return (
    <Kpis
      tiles={labels.map((label) => ({
        label,
        value: <Skeleton width="70%" height={18} />,
        context: <Skeleton width="85%" height={10} />,
      }))}
    />
  );
}
