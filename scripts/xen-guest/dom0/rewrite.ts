/**
 * Runs in dom0, on a host that lacks what a guest was saved with: gives the image another policy on its way into xl, once one that this host
 * has all of, once one that its Xen refuses. Writes down what was said before, and what Xen made of it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { type CpuPolicy, formatCpuPolicy } from '@xenlevel/core'
import { openXen } from '@xenlevel/hw-xen'
import { admitImage, type PolicyOfHead, readHead, rewritePolicy } from '@xenlevel/migration'
import { domidOf, policyOf, xl } from './xl.js'

const [from = '', out = '/out'] = process.argv.slice(2)
const xen = openXen()
const host = xen.snapshot({ name: 'here' })
const features = xen.featureset('pvMax')
const file = join(from, 'usual.save')

const open = () => Readable.toWeb(createReadStream(file))
const document = (policy: CpuPolicy) => JSON.parse(formatCpuPolicy(policy))

/** What is said of the image, as it stands or rewritten, before Xen sees it. */
async function judge(policy?: PolicyOfHead) {
  const image = policy === undefined ? open() : open().pipeThrough(rewritePolicy(policy))
  const head = await readHead(image)
  await head.remainder.close()
  const { admitted, reasons } = admitImage(head, host)
  return {
    admitted,
    refusals: reasons.filter(({ grade }) => grade === 'refused').map(({ message }) => message),
    policy: head.cpuPolicy === null ? null : document(head.cpuPolicy),
  }
}

/** Restores the image as it passes through a rewrite, without another file; what xl said against it, null if nothing. */
async function restore(policy: PolicyOfHead): Promise<string | null> {
  // What Node gives a child is a socket, which cannot be opened by its name as a pipe can.
  const child = spawn('sh', ['-c', 'cat | xl restore /proc/self/fd/0'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const closed = once(child, 'close')
  const passed = open()
    .pipeThrough(rewritePolicy(policy))
    .pipeTo(Writable.toWeb(child.stdin))
    // xl closes its end behind the last record that it wants, and where it gives up.
    .catch(() => undefined)
  const [status] = await closed
  await passed
  return status === 0 ? null : said
}

/** What this host has all of. */
const levelled: PolicyOfHead = ({ cpuPolicy }) =>
  cpuPolicy?.withFeatureset(cpuPolicy.featureset.and(features)) ?? null

/** More extended leaves than this host has. */
const tooWide: PolicyOfHead = ({ cpuPolicy }) =>
  cpuPolicy?.withRecords([{ ...cpuPolicy.leaf(0x8000_0000), a: 0x8000_0021 }]) ?? null

const started = performance.now()
const written: Record<string, unknown> = {
  bytes: statSync(file).size,
  asItIs: await judge(),
  levelled: await judge(levelled),
  tooWide: await judge(tooWide),
}
written.refused = await restore(levelled)
if (written.refused === null) {
  written.restored = document(policyOf(xen, domidOf('usual')))
  xl('destroy', 'usual')
}
written.refusedTooWide = await restore(tooWide)
written.seconds = (performance.now() - started) / 1000
xen.close()
writeFileSync(join(out, 'rewritten.json'), `${JSON.stringify(written, null, 1)}\n`)
