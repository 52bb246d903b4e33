import { useState, type CSSProperties } from "react";
import type { SimulationResult } from "@/api/types";
import { barePercentChange } from "@/lib/format";

type Portfolio = "robot" | "holding";
type Month = SimulationResult["months"][number];

const NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const PORTFOLIOS = [
  { portfolio: "robot", name: "Robot" },
  { portfolio: "holding", name: "Holding" },
] as const;
/** How much colour the largest return has, in per cent: the number on it stays readable. */
const DEEPEST = 48;

/** Return the return of each month and year; blue is above zero, orange below. */
export function Months({ result }: { result: SimulationResult }) {
  const [shown, setShown] = useState<Portfolio>("robot");
  const other = PORTFOLIOS.find(({ portfolio }) => portfolio !== shown) ?? PORTFOLIOS[1];
  const months = new Map(result.months.map((month) => [month.month, month]));
  const sizes = result.months.flatMap(({ robot, holding }) => [Number(robot), Number(holding)]);
  const largest = Math.max(...sizes.map(Math.abs));
  return (
    <section className="block">
      <header>
        <h2>Months, %</h2>
        <span className="grow" />
        <div className="seg" role="group" aria-label="Whose months">
          {PORTFOLIOS.map(({ portfolio, name }) => (
            <button
              key={portfolio}
              type="button"
              aria-pressed={shown === portfolio}
              onClick={() => setShown(portfolio)}
            >
              {name}
            </button>
          ))}
        </div>
      </header>
      {/* It scrolls sideways on a phone, so the keyboard must be able to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="scroll months-scroll" role="region" aria-label="Months" tabIndex={0}>
        <table className="months">
          <caption className="visually-hidden">
            Return of {shown === "robot" ? "the robot" : "holding"} in each month and year, per cent
          </caption>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Year</span>
              </th>
              {NAMES.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              <th scope="col">Year</th>
              <th scope="col">{other.name}</th>
            </tr>
          </thead>
          <tbody>
            {result.years.map((year) => (
              <tr key={year.year}>
                <th scope="row">{year.year}</th>
                {NAMES.map((name, index) => (
                  <MonthCell
                    key={name}
                    month={months.get(`${year.year}-${String(index + 1).padStart(2, "0")}`)}
                    shown={shown}
                    largest={largest}
                  />
                ))}
                <td className="whole" data-q={`result.years.${shown}`}>
                  {barePercentChange(year[shown])}
                </td>
                <td data-q={`result.years.${other.portfolio}`}>
                  {barePercentChange(year[other.portfolio])}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface MonthCellProps {
  month: Month | undefined;
  shown: Portfolio;
  largest: number;
}

function MonthCell({ month, shown, largest }: MonthCellProps) {
  if (!month) return <td />;
  const value = Number(month[shown]);
  const depth = largest > 0 ? Math.round((Math.abs(value) / largest) * DEEPEST) : 0;
  const side = value > 0 ? "above" : value < 0 ? "below" : undefined;
  return (
    <td
      className={side}
      style={{ "--depth": depth } as CSSProperties}
      data-q={`result.months.${shown}`}
    >
      {barePercentChange(month[shown])}
    </td>
  );
}
