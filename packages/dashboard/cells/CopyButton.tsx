'use client'

import { useState } from 'react'
import { copyText } from '../ui/copy-text.ts'
import { IconButton } from '../ui/IconButton.tsx'
import { Check, Copy } from '../ui/icons.tsx'
import { useToast } from '../ui/Toast.tsx'

/** Copies `text` whole, however it is shown. `what` completes "Copy …". */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [isCopied, setCopied] = useState(false)
  const tell = useToast()
  return (
    <IconButton
      label={isCopied ? 'Copied' : `Copy ${what}`}
      onClick={async () => {
        const done = await copyText(text)
        setCopied(done)
        if (!done) tell('failed', 'The browser does not let this page use the clipboard: select the text and copy it.')
        setTimeout(() => setCopied(false), 2_000)
      }}
    >
      {isCopied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
    </IconButton>
  )
}
