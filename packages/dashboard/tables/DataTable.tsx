import type { ReactNode } from 'react'
import { Scroller } from '../ui/Scroller.tsx'

export type Column<Row> = {
  id: string
  header: string
  cell: (row: Row) => ReactNode
  align?: 'right'
  /** Heads that are for readers of the screen only, such as over a column of buttons. */
  isHeaderHidden?: boolean
  className?: string
}

type DataTableProps<Row> = {
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  /** The key of the row that is open beside the table. */
  openKey?: string | null
  /** Scrolls within the window's height, with its head always seen. */
  isTall?: boolean
  foot?: ReactNode
  minWidth?: number
}

/** A table of rows that the server sorted and paged. It scrolls by itself, by keyboard too; the page never scrolls sideways. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { caption, columns, rows, keyOf, openKey = null, isTall = false, foot, minWidth = 0 } = props
  return (
    <Scroller label={caption} className={`relative overflow-auto ${isTall ? 'max-h-[calc(100dvh-180px)]' : ''}`}>
      <table className="w-full border-collapse text-13" style={{ minWidth }}>
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 z-10 bg-bg">
          <tr>
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                className={`h-8 border-b border-line px-2 text-12 font-medium whitespace-nowrap text-ink-2 first:pl-0 ${column.align === 'right' ? 'text-right' : 'text-left'}`}
              >
                {column.isHeaderHidden === true ? <span className="sr-only">{column.header}</span> : column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <TableRow key={keyOf(row)} row={row} columns={columns} isOpen={keyOf(row) === openKey} />
          ))}
        </tbody>
        {foot !== undefined && <tfoot className="font-medium">{foot}</tfoot>}
      </table>
    </Scroller>
  )
}

function TableRow<Row>({ row, columns, isOpen }: { row: Row; columns: readonly Column<Row>[]; isOpen: boolean }) {
  return (
    <tr
      aria-current={isOpen ? true : undefined}
      className={`border-b border-line last:border-0 ${isOpen ? 'bg-accent-bg' : 'hover:bg-sunken'}`}
    >
      {columns.map((column) => (
        <td
          key={column.id}
          className={`h-8 px-2 py-1 align-middle first:pl-0 touch:h-11 ${column.align === 'right' ? 'text-right' : ''} ${column.className ?? ''}`}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  )
}
