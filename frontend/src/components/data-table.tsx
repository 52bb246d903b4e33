import type { ReactNode } from "react";

interface Column<Row> {
  head: string;
  cell: (row: Row) => ReactNode;
  num?: boolean;
  /** On a phone the value takes the whole width of the card. */
  full?: boolean;
  /** The column that names the row. */
  rowHead?: boolean;
  /** In a table of lines: shown on a phone, where the others are left out. */
  narrow?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  /** What a row becomes on a phone: a card with every value, or two lines with the main ones. */
  phone?: "cards" | "lines";
}

function classOf<Row>(column: Column<Row>): string | undefined {
  const { num, full, narrow } = column;
  return [num && "num", full && "full", narrow && "narrow"].filter(Boolean).join(" ") || undefined;
}

/** Return a table that becomes cards or pairs of lines on a phone. */
export function DataTable<Row>({ caption, columns, rows, rowKey, phone = "cards" }: Props<Row>) {
  return (
    <div className="scroll">
      <table className={phone}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.head} scope="col" className={column.num ? "num" : undefined}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) =>
                column.rowHead ? (
                  <th key={column.head} scope="row" className={classOf(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.head} className={classOf(column)} data-label={column.head}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
