/**
 * A gatekeeper in front of a socket: an image is judged by its first kilobytes, and passed on whole or refused with every reason.
 *
 *     node scripts/run.mjs examples/gatekeeper.ts
 */
import { readFileSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { HostSnapshot } from '@xenlevel/core'
import { admitImage, readHead } from '@xenlevel/migration'
import { listening } from './sockets.js'
import { story, storyHost } from './story.js'

const host = storyHost('haswell')

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

const arrivals = {
  'guest.save': 'a guest that was started on a Skylake, as `xl save` wrote it',
  'guest-levelled.save': 'one that was started at the level of both',
  'skylake.json': 'no image at all',
}
for (const [file, what] of Object.entries(arrivals)) {
  const connection = createConnection(port)
  connection.end(readFileSync(story(file)))
  const answer = (await buffer(connection)).toString()
  console.log(`${file}, ${what}\n  ${answer.replaceAll('\n', '\n  ')}\n`)
}
server.close()
