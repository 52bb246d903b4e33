import type { Side } from "@/components/side";

/** A point of a line: seconds since 1970 and a value, a float for drawing only. */
export interface Point {
  time: number;
  value: number;
}

export interface Line {
  look: "solid" | "dashed" | "area";
  points: readonly Point[];
}

export interface Marker {
  time: number;
  /** The price that it points at. */
  value: number;
  side: Side;
}

/** One pane over the shared time axis; markers point at its first line, oldest first. */
export interface Pane {
  title: string;
  height: number;
  lines: readonly Line[];
  markers?: readonly Marker[];
  axis: (value: number) => string;
}

/** Return an API instant as chart time. */
export function chartTime(at: string): number {
  return Math.floor(Date.parse(at) / 1000);
}

/** Return `points` in strictly rising time, which the chart requires; the last of equals stays. */
export function rising(points: readonly Point[]): Point[] {
  const out: Point[] = [];
  for (const point of points) {
    const last = out.at(-1);
    if (last && point.time <= last.time) out[out.length - 1] = { ...point, time: last.time };
    else out.push(point);
  }
  return out;
}

const PIXELS_APART = 3;

/** Return the markers that can be told apart: of those closer than 3 pixels on a side, the first. */
export function declutter<M extends { x: number; side: Side }>(markers: readonly M[]): M[] {
  const last = { buy: -Infinity, sell: -Infinity };
  return markers.filter(({ x, side }) => {
    if (x - last[side] < PIXELS_APART) return false;
    last[side] = x;
    return true;
  });
}
