import type { ReactNode } from "react";

interface Row {
  name: string;
  before: ReactNode;
  after: ReactNode;
}

/** Return numbers before and after a change, side by side. */
export function BeforeAfter({ rows }: { rows: readonly Row[] }) {
  return (
    <table className="before-after">
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">What</span>
          </th>
          <th scope="col" className="num">
            Before
          </th>
          <th scope="col" className="num">
            After
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <td className="num soft">{row.before}</td>
            <td className="num">
              <b>{row.after}</b>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
