'use client'

import { Button } from '../ui/Button.tsx'
import { LogOut } from '../ui/icons.tsx'
import { useToast } from '../ui/Toast.tsx'

export function SignOut() {
  const tell = useToast()
  return (
    <Button
      tone="quiet"
      icon={<LogOut size={14} aria-hidden />}
      onClick={async () => {
        const response = await fetch('/api/session', { method: 'DELETE' }).catch(() => null)
        if (response?.ok === true) window.location.assign('/sign-in')
        else tell('failed', 'Signing out did not work: the dashboard does not answer.')
      }}
    >
      Sign out
    </Button>
  )
}
