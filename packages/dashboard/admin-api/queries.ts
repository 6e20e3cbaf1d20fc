import type { Asked, QuestionName } from './routes.ts'

/** One question to the Admin API with all that it asks: the key of its answer, on the server and in the browser. */
export type Question<N extends QuestionName = QuestionName> = { [K in N]: readonly [name: K, asked: Asked[K]] }[N]

export const question = <N extends QuestionName>(name: N, asked: Asked[N]) => [name, asked] as const
