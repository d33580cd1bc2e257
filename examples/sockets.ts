/** A server on a free port. */
import { once } from 'node:events'
import type { Server } from 'node:net'

/** Listens on a port of this machine that is free; which. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('there is no port')
  return address.port
}
