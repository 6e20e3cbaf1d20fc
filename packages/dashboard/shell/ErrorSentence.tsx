import { explainError } from '../admin-api/errors.ts'

/** An error where a person looks: what happened, the way out, and the request id. */
export function ErrorSentence({ error }: { error: unknown }) {
  const { what, detail, wayOut, requestId } = explainError(error)
  return (
    <>
      <span className="font-medium">{what}</span> {detail} {wayOut}
      {requestId !== null && (
        <>
          {' '}
          Request <code className="text-12 break-all">{requestId}</code>.
        </>
      )}
    </>
  )
}
