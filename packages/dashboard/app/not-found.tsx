import { connection } from 'next/server'
import { urls } from '../urls.ts'

export default async function NotFound() {
  // Made per request, like every page: its scripts carry the nonce of this answer.
  await connection()
  return (
    <main className="mx-auto flex min-h-dvh max-w-sm flex-col justify-center gap-3 px-4">
      <h1 className="text-20 font-semibold">There is no such page</h1>
      <p>The address may be cut, or from another version.</p>
      <p className="flex gap-4">
        <a href={urls.overview()}>Overview</a>
        <a href={urls.search()}>Search for an event</a>
      </p>
    </main>
  )
}
