import type { FastifyReply } from 'fastify'

/** Sends JSON text that was put together by hand. As bytes: Fastify would add a charset, which JSON has not. */
export const sendJsonText = (reply: FastifyReply, text: string) =>
  reply.header('Content-Type', 'application/json').send(Buffer.from(text))

export const jsonArray = (items: readonly string[]) => `[${items.join()}]`
