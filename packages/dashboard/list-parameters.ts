import { createParameter, matching } from './query-parameters.ts'

/** A NUL can stand in no row; the Admin API takes texts of at most `maxLength` characters. */
export const textUpTo = (minLength: number, maxLength: number) =>
  createParameter<string>({
    parse: (text) => (text.length < minLength || text.length > maxLength || text.includes('\u0000') ? null : text),
    serialize: (text) => text,
  })

export const shortText = textUpTo(1, 255)
export const cursorText = matching(/^[\x21-\x7e]{1,100}$/)
export const uuid = matching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
export const flag = createParameter<boolean>({
  parse: (text) => (text === '1' || text === 'true' ? true : null),
  serialize: (value) => (value ? '1' : '0'),
})
