/**
 * A gatekeeper in front of a socket. An image arrives; its first kilobytes are read and judged before a page of memory moves. If the guest may
 * run here, every byte goes on to the restore, the ones that were read first; if not, the connection ends with the reasons.
 *
 * The sender sends what a real `xl save` wrote of a guest on a Skylake, then of one that was levelled; the receiver is a Haswell.
 */
import { readFileSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type HostSnapshot, parseHostSnapshot } from '@xenlevel/core'
import { admitImage, readHead } from '@xenlevel/migration'
import { listening, story } from './sockets.js'

const host = parseHostSnapshot(readFileSync(story('haswell.json'), 'utf8'))

/** Stands for `xl restore`: takes every byte of the image. */
async function restore(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let received = 0
  for await (const chunk of bytes) received += chunk.length
  return received
}

/** Judges what arrives, and passes it on or ends it. */
async function guard(socket: Socket, receiver: HostSnapshot): Promise<string> {
  // The socket stays open when reading ends, so that the sender can be told why.
  const head = await readHead(socket.iterator({ destroyOnReturn: false }))
  const { admitted, reasons, advice } = admitImage(head, receiver, { name: 'web-1' })
  if (!admitted) {
    await head.remainder.close()
    return [
      `refused after ${head.headEnd} bytes:`,
      ...reasons.map(({ grade, message }) => `  ${grade}: ${message}`),
      `  ${advice}`,
    ].join('\n')
  }
  const whole = async function* () {
    yield head.bytes
    yield* head.remainder
  }
  return `admitted after ${head.headEnd} bytes; the restore got all ${await restore(whole())}`
}

const server = createServer({ allowHalfOpen: true }, (socket) => {
  guard(socket, host).then(
    (answer) => socket.end(answer),
    (error: Error) => socket.end(`refused: ${error.message}`),
  )
})
const port = await listening(server)

for (const file of ['guest.save', 'guest-levelled.save', 'skylake.json']) {
  const connection = createConnection(port)
  connection.end(readFileSync(story(file)))
  console.log(`${file}\n  ${(await buffer(connection)).toString().replaceAll('\n', '\n  ')}\n`)
}
server.close()
