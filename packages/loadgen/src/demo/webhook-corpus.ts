import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isJsonObject, parseExactJson, toJsonText } from './exact-json.ts'

/** The examples that GitHub's users have collected, as the package ships them. */
export function readWebhookExamples(): string {
  return readFileSync(createRequire(import.meta.url).resolve('@octokit/webhooks-examples'), 'utf8')
}

/**
 * Turns the examples into a corpus, one `{"event_type","payload"}` a line, in their order. Every number keeps its digits.
 * The type is `github.<event>.<action>`, or `github.<event>` where the webhook knows no action.
 * @param json a list of `{name, examples: [payload, …]}`
 */
export function toWebhookCorpus(json: string): string {
  const groups = parseExactJson(json)
  if (!Array.isArray(groups)) throw new TypeError('the webhook examples are not a list')
  const lines = groups.flatMap((group: unknown) => {
    if (!isJsonObject(group) || typeof group.name !== 'string' || !Array.isArray(group.examples))
      throw new TypeError('a group of webhook examples has no name or no examples')
    const { name, examples } = group
    return examples.filter(isJsonObject).map((payload) => {
      const action = typeof payload.action === 'string' ? `.${payload.action}` : ''
      return toJsonText({ event_type: `github.${name}${action}`, payload })
    })
  })
  return lines.map((line) => `${line}\n`).join('')
}
