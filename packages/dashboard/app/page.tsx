import { connection } from 'next/server'

export default async function OverviewPage() {
  await connection()
  return <h1>Overview</h1>
}
