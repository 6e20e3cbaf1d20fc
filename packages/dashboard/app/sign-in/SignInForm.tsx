'use client'

import { useId, useState } from 'react'
import { Button } from '../../ui/Button.tsx'

/** Asks for the admin token once; it goes to the server and is not kept here. */
export function SignInForm({ next }: { next: string }) {
  const [error, setError] = useState<string | null>(null)
  const [isPending, setPending] = useState(false)
  const [fieldId, errorId] = [useId(), useId()]
  const submit = async (token: string) => {
    if (token === '') return setError('Paste the admin token: the value of ADMIN_TOKEN.')
    setPending(true)
    const failure = await signIn(token)
    if (failure === null) window.location.assign(next)
    else {
      setPending(false)
      setError(failure)
    }
  }
  return (
    <form
      noValidate
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        const token = new FormData(event.currentTarget).get('token')
        void submit(typeof token === 'string' ? token.trim() : '')
      }}
    >
      <label htmlFor={fieldId} className="text-13 font-medium">
        Admin token
      </label>
      <input
        id={fieldId}
        name="token"
        type="password"
        autoComplete="current-password"
        aria-invalid={error !== null}
        aria-describedby={error === null ? undefined : errorId}
        onChange={() => setError(null)}
        className="control h-9!"
      />
      {error !== null && (
        <p id={errorId} role="alert" className="text-13 text-bad">
          {error}
        </p>
      )}
      <Button type="submit" tone="primary" className="h-9!" disabledReason={isPending ? 'Signing in' : null}>
        {isPending ? 'Signing in …' : 'Sign in'}
      </Button>
      <p className="text-12 text-ink-2">
        It is set as ADMIN_TOKEN where the platform was started. The session lasts 12 hours.
      </p>
    </form>
  )
}

/** Null when it worked, else why not. */
async function signIn(token: string): Promise<string | null> {
  try {
    const response = await fetch('/api/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    })
    if (response.ok) return null
    const { detail } = (await response.json()) as { detail?: string }
    return detail ?? 'It did not work: try again.'
  } catch {
    // No connection, or no answer of ours.
    return 'The dashboard does not answer: look at your connection, then try again.'
  }
}
