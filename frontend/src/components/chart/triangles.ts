import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  UTCTimestamp,
} from "lightweight-charts";
import { declutter, type Marker } from "@/components/chart/model";
import type { Side } from "@/components/side";

const HALF_WIDTH = 4.5;
const HEIGHT = 7;
const GAP = 4;

interface Placed {
  x: number;
  y: number;
  side: Side;
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

/** Trades on a price line: ▼ above it for a sale, ▲ below it for a purchase. */
export class Triangles implements ISeriesPrimitive {
  private attachment: SeriesAttachedParameter | null = null;
  private readonly view: IPrimitivePaneView = {
    zOrder: () => "top",
    renderer: () => ({ draw: (target) => this.draw(target) }),
  };

  constructor(
    private readonly markers: readonly Marker[],
    private readonly colours: Record<Side, string>,
  ) {}

  attached(attachment: SeriesAttachedParameter): void {
    this.attachment = attachment;
  }

  detached(): void {
    this.attachment = null;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return [this.view];
  }

  private placed(): Placed[] {
    if (!this.attachment) return [];
    const scale = this.attachment.chart.timeScale();
    const { series } = this.attachment;
    const width = scale.width();
    return this.markers.flatMap(({ time, value, side }) => {
      const x = scale.timeToCoordinate(time as UTCTimestamp);
      const y = series.priceToCoordinate(value);
      return x === null || y === null || x < 0 || x > width ? [] : [{ x, y, side }];
    });
  }

  private draw(target: Target): void {
    target.useMediaCoordinateSpace(({ context }) => {
      for (const { x, y, side } of declutter(this.placed())) {
        const away = side === "buy" ? 1 : -1;
        const tip = y + away * GAP;
        context.beginPath();
        context.moveTo(x, tip);
        context.lineTo(x + HALF_WIDTH, tip + away * HEIGHT);
        context.lineTo(x - HALF_WIDTH, tip + away * HEIGHT);
        context.closePath();
        context.fillStyle = this.colours[side];
        context.fill();
      }
    });
  }
}
