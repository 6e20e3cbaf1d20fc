import { splitUnseen } from './split-unseen.ts'

/** Text of strangers: what would be invisible, or would turn the text around it, is shown by its number. */
export function VisibleText({ text }: { text: string }) {
  const parts = splitUnseen(text)
  if (parts.length === 1 && !parts[0]?.isUnseen) return <bdi>{text}</bdi>
  return (
    <bdi>
      {parts.map((part, index) =>
        part.isUnseen ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
          <span key={index} className="unseen">
            {part.text}
          </span>
        ) : (
          part.text
        ),
      )}
    </bdi>
  )
}
