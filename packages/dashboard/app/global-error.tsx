'use client'

/** What stands when even the frame of the pages failed: without styles of ours, which may be what failed. */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body>
        <title>Failed · Sluice</title>
        <h1>The dashboard failed</h1>
        <p>It is a fault of the dashboard, not of the platform: nothing of what was accepted is touched.</p>
        {error.digest !== undefined && <p>In the dashboard's log look for {error.digest}.</p>}
        <p>
          <a href="/">Start again</a>
        </p>
      </body>
    </html>
  )
}
