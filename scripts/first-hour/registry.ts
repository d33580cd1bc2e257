/** A registry for one run: the packages as they were packed, served as npm's registry serves them. */
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename } from 'node:path'
import * as z from 'zod'
import type { Tarballs } from '../consumers/pack.js'
import { mustRun, ROOT } from '../consumers/shell.js'

/** A registry that listens. */
export interface Registry {
  readonly url: string
  close(): void
}

const manifestSchema = z.looseObject({ name: z.string(), version: z.string() })

/** Serves the tarballs on this machine alone. */
export async function openRegistry(tarballs: Tarballs): Promise<Registry> {
  // Nothing that npm kept of another run may answer for this one.
  const prefix = `/${randomUUID()}/`
  const answers = new Map<string, Buffer>()
  const server = createServer((request, response) => {
    const answer = answers.get(decodeURIComponent(request.url ?? ''))
    response.writeHead(answer === undefined ? 404 : 200, { 'cache-control': 'no-store' })
    response.end(answer ?? '{}')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port to listen on')
  const url = `http://127.0.0.1:${address.port}${prefix}`
  for (const file of tarballs.values()) {
    const tarball = readFileSync(file)
    const { stdout } = await mustRun('tar', ['-xzOf', file, 'package/package.json'], { cwd: ROOT })
    const manifest = manifestSchema.parse(JSON.parse(stdout))
    const { name, version } = manifest
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
    const dist = { tarball: `${url}${basename(file)}`, integrity }
    const document = {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, dist } },
    }
    answers.set(`${prefix}${basename(file)}`, tarball)
    answers.set(`${prefix}${name}`, Buffer.from(JSON.stringify(document)))
  }
  return { url, close: () => server.closeAllConnections() ?? server.close() }
}
