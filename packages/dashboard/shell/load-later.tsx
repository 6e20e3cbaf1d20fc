'use client'

import { type ComponentType, type ReactNode, useEffect, useState } from 'react'

type Loaded<P> = { Part: ComponentType<P> } | { error: unknown } | null

/** A part of a page that the first picture does without: its script is fetched once it is shown, in the browser only. A failure is the page's. */
export function loadLater<P extends object>(
  load: () => Promise<ComponentType<P>>,
  placeholder: ReactNode = null,
): ComponentType<P> {
  let known: ComponentType<P> | null = null
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each part, beside the imports
  return function Later(props: P) {
    const [loaded, setLoaded] = useState<Loaded<P>>(known === null ? null : { Part: known })
    useEffect(() => {
      if (known !== null) return setLoaded({ Part: known })
      let isGone = false
      load().then(
        (Part) => {
          known = Part
          if (!isGone) setLoaded({ Part })
        },
        (error: unknown) => {
          if (!isGone) setLoaded({ error })
        },
      )
      return () => {
        isGone = true
      }
    }, [])
    if (loaded === null) return placeholder
    if ('error' in loaded) throw loaded.error
    return <loaded.Part {...props} />
  }
}
