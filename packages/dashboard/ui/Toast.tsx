'use client'

import { createContext, type ReactNode, use, useCallback, useEffect, useState } from 'react'
import { X } from './icons.tsx'

type ToastKind = 'done' | 'failed'
type Toast = { id: number; kind: ToastKind; text: string }
type Tell = (kind: ToastKind, text: string) => void

const ToastContext = createContext<Tell>(() => {})
const SHOWN_MS = 6_000

/** Tells the outcome of what a person did. Failures stay until they are dismissed. Never used for what happens by itself. */
export const useToast = (): Tell => use(ToastContext)

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([])
  const dismiss = useCallback((id: number) => setToasts((now) => now.filter((toast) => toast.id !== id)), [])
  const tell = useCallback<Tell>((kind, text) => {
    setToasts((now) => [...now.slice(-3), { id: (now.at(-1)?.id ?? 0) + 1, kind, text }])
  }, [])
  return (
    <ToastContext value={tell}>
      {children}
      <section
        aria-label="Outcomes"
        className="fixed right-4 bottom-4 z-40 flex w-80 max-w-[calc(100vw-32px)] flex-col gap-2"
      >
        {toasts.map((toast) => (
          <ToastCard key={toast.id} toast={toast} onDismiss={dismiss} />
        ))}
      </section>
    </ToastContext>
  )
}

function ToastCard({ toast, onDismiss }: { toast: Toast; onDismiss: (id: number) => void }) {
  const { id, kind, text } = toast
  useEffect(() => {
    if (kind === 'failed') return
    const timer = setTimeout(() => onDismiss(id), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [id, kind, onDismiss])
  const tone = kind === 'done' ? 'border-ok' : 'border-bad'
  return (
    <div
      role={kind === 'done' ? 'status' : 'alert'}
      className={`flex items-start gap-2 rounded-md border-l-4 ${tone} bg-surface p-3 text-13 text-ink shadow-float`}
    >
      <p className="min-w-0 flex-1 break-words">{text}</p>
      <button type="button" onClick={() => onDismiss(id)} aria-label="Dismiss" className="rounded-sm p-1 text-ink-2">
        <X size={16} aria-hidden />
      </button>
    </div>
  )
}
