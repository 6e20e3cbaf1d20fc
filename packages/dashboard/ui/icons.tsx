import type { SVGProps } from 'react'

// Shapes of Lucide 1.75.0, each as one path. ISC License, Copyright (c) Lucide Icons and Contributors: permission to use, copy, modify, and/or
// distribute for any purpose with or without fee is hereby granted, provided that this notice appears in all copies. The software is provided
// "as is" and the authors disclaim all warranties, and are liable for no damages arising from its use.

type IconProps = Omit<SVGProps<SVGSVGElement>, 'children'> & { size: number }
export type Icon = (props: IconProps) => React.JSX.Element

/** A picture of 24 by 24 units, drawn in lines of the text's colour. */
const Lines = ({ d, size, ...rest }: IconProps & { d: string }) => (
  // biome-ignore lint/a11y/noSvgWithoutTitle: it always stands beside a word or inside of a labelled control, hidden from readers
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth={2}
    strokeLinecap="round"
    strokeLinejoin="round"
    {...rest}
  >
    <path d={d} />
  </svg>
)

export const Activity: Icon = (props) => (
  <Lines
    d="M22 12h-2.48a2 2 0 0 0-1.93 1.46l-2.35 8.36a.25.25 0 0 1-.48 0L9.24 2.18a.25.25 0 0 0-.48 0l-2.35 8.36A2 2 0 0 1 4.49 12H2"
    {...props}
  />
)
export const ArrowDownToLine: Icon = (props) => <Lines d="M12 17V3M6 11l6 6 6-6M19 21H5" {...props} />
export const Ban: Icon = (props) => (
  <Lines d="M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0M4.929 4.929 19.07 19.071" {...props} />
)
export const ChartNoAxesCombined: Icon = (props) => (
  <Lines
    d="M12 16v5M16 14.639V21M20 10.656V21M22 3l-8.646 8.646a.5.5 0 0 1-.708 0L9.354 8.354a.5.5 0 0 0-.707 0L2 15M4 18.463V21M8 14.656V21"
    {...props}
  />
)
export const Check: Icon = (props) => <Lines d="M20 6 9 17l-5-5" {...props} />
export const ChevronDown: Icon = (props) => <Lines d="M6 9l6 6 6-6" {...props} />
export const ChevronRight: Icon = (props) => <Lines d="M9 18l6-6-6-6" {...props} />
export const CircleAlert: Icon = (props) => (
  <Lines d="M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0M12 8L12 12M12 16L12.01 16" {...props} />
)
export const CircleCheck: Icon = (props) => (
  <Lines d="M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0M16 9l-5.5 5.5L8 12" {...props} />
)
export const CircleDashed: Icon = (props) => (
  <Lines
    d="M10.1 2.182a10 10 0 0 1 3.8 0M13.9 21.818a10 10 0 0 1-3.8 0M17.609 3.721a10 10 0 0 1 2.69 2.7M2.182 13.9a10 10 0 0 1 0-3.8M20.279 17.609a10 10 0 0 1-2.7 2.69M21.818 10.1a10 10 0 0 1 0 3.8M3.721 6.391a10 10 0 0 1 2.7-2.69M6.391 20.279a10 10 0 0 1-2.69-2.7"
    {...props}
  />
)
export const CircleHelp: Icon = (props) => (
  <Lines d="M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0M9 9.5a3 2.5 0 016 0c0 2-2 2-3 3.5M12 17h.01" {...props} />
)
export const CirclePause: Icon = (props) => (
  <Lines d="M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0M10 15L10 9M14 15L14 9" {...props} />
)
export const CircleX: Icon = (props) => (
  <Lines d="M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0M15 9l-6 6M9 9l6 6" {...props} />
)
export const Clock: Icon = (props) => <Lines d="M2 12a10 10 0 1 0 20 0a10 10 0 1 0-20 0M12 6v6l4 2" {...props} />
export const Command: Icon = (props) => (
  <Lines d="M15 6v12a3 3 0 1 0 3-3H6a3 3 0 1 0 3 3V6a3 3 0 1 0-3 3h12a3 3 0 1 0-3-3" {...props} />
)
export const Copy: Icon = (props) => (
  <Lines
    d="M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-10a2 2 0 0 1-2-2v-10a2 2 0 0 1 2-2zM4 16c-1.1 0-2-.9-2-2V4c0-1.1.9-2 2-2h10c1.1 0 2 .9 2 2"
    {...props}
  />
)
export const Download: Icon = (props) => (
  <Lines d="M12 15V3M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4M7 10l5 5 5-5" {...props} />
)
export const Ellipsis: Icon = (props) => (
  <Lines
    d="M11 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0M18 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0M4 12a1 1 0 1 0 2 0a1 1 0 1 0-2 0"
    {...props}
  />
)
export const History: Icon = (props) => (
  <Lines d="M3 12a9 9 0 1 0 9-9 9.75 9.75 0 0 0-6.74 2.74L3 8M3 3v5h5M12 7v5l4 2" {...props} />
)
export const Inbox: Icon = (props) => (
  <Lines
    d="M22 12 16 12 14 15 10 15 8 12 2 12M5.45 5.11 2 12v6a2 2 0 0 0 2 2h16a2 2 0 0 0 2-2v-6l-3.45-6.89A2 2 0 0 0 16.76 4H7.24a2 2 0 0 0-1.79 1.11z"
    {...props}
  />
)
export const ListPlus: Icon = (props) => <Lines d="M16 5H3M11 12H3M16 19H3M18 9v6M21 12h-6" {...props} />
export const LogIn: Icon = (props) => (
  <Lines d="M10 17l5-5-5-5M15 12H3M15 3h4a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2h-4" {...props} />
)
export const LogOut: Icon = (props) => (
  <Lines d="M16 17l5-5-5-5M21 12H9M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4" {...props} />
)
export const Menu: Icon = (props) => <Lines d="M4 5h16M4 12h16M4 19h16" {...props} />
export const Pause: Icon = (props) => (
  <Lines
    d="M15 3h3a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1v-16a1 1 0 0 1 1-1zM6 3h3a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1h-3a1 1 0 0 1-1-1v-16a1 1 0 0 1 1-1z"
    {...props}
  />
)
export const Play: Icon = (props) => (
  <Lines d="M5 5a2 2 0 0 1 3.008-1.728l11.997 6.998a2 2 0 0 1 .003 3.458l-12 7A2 2 0 0 1 5 19z" {...props} />
)
export const Plus: Icon = (props) => <Lines d="M5 12h14M12 5v14" {...props} />
export const RefreshCw: Icon = (props) => (
  <Lines
    d="M3 12a9 9 0 0 1 9-9 9.75 9.75 0 0 1 6.74 2.74L21 8M21 3v5h-5M21 12a9 9 0 0 1-9 9 9.75 9.75 0 0 1-6.74-2.74L3 16M8 16H3v5"
    {...props}
  />
)
export const RotateCw: Icon = (props) => (
  <Lines d="M21 12a9 9 0 1 1-9-9c2.52 0 4.93 1 6.74 2.74L21 8M21 3v5h-5" {...props} />
)
export const Search: Icon = (props) => <Lines d="M21 21l-4.34-4.34M3 11a8 8 0 1 0 16 0a8 8 0 1 0-16 0" {...props} />
export const Table2: Icon = (props) => (
  <Lines d="M3 9h18M9 3v18M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2h-14a2 2 0 0 1-2-2v-14a2 2 0 0 1 2-2z" {...props} />
)
export const Trash2: Icon = (props) => (
  <Lines
    d="M10 11v6M14 11v6M19 6v14a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V6M3 6h18M8 6V4a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2v2"
    {...props}
  />
)
export const TrendingDown: Icon = (props) => <Lines d="M16 17h6v-6M22 17l-8.5-8.5-5 5L2 7" {...props} />
export const TrendingUp: Icon = (props) => <Lines d="M16 7h6v6M22 7l-8.5 8.5-5-5L2 17" {...props} />
export const TriangleAlert: Icon = (props) => (
  <Lines d="M21.73 18l-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3M12 9v4M12 17h.01" {...props} />
)
export const Workflow: Icon = (props) => (
  <Lines
    d="M5 3h4a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-4a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2zM7 11v4a2 2 0 0 0 2 2h4M15 13h4a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-4a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2z"
    {...props}
  />
)
export const Wrench: Icon = (props) => (
  <Lines
    d="M14.7 6.3a1 1 0 0 0 0 1.4l1.6 1.6a1 1 0 0 0 1.4 0l3.106-3.105c.32-.322.863-.22.983.218a6 6 0 0 1-8.259 7.057l-7.91 7.91a1 1 0 0 1-2.999-3l7.91-7.91a6 6 0 0 1 7.057-8.259c.438.12.54.662.219.984z"
    {...props}
  />
)
export const X: Icon = (props) => <Lines d="M18 6 6 18M6 6l12 12" {...props} />
export const ZoomIn: Icon = (props) => (
  <Lines d="M3 11a8 8 0 1 0 16 0a8 8 0 1 0-16 0M21 21L16.65 16.65M11 8L11 14M8 11L14 11" {...props} />
)
export const ZoomOut: Icon = (props) => (
  <Lines d="M3 11a8 8 0 1 0 16 0a8 8 0 1 0-16 0M21 21L16.65 16.65M8 11L14 11" {...props} />
)
