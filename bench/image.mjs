// Judges an image as its own process, so that its memory is its own: `file PATH`, `head PATH`, `descriptor` or `iterable` of standard input,
// how often, and how often before that. Prints the median of nanoseconds, and megabytes at the peak.
import { readFileSync } from 'node:fs'
import { CpuPolicy } from '../packages/core/dist/index.js'
import { admitImage, readHead, verifyImage } from '../packages/migration/dist/index.js'
import { openImageFile, verifyDescriptor, verifyFile } from '../packages/migration/dist/node.js'

const [form, path, times = '1', before = '0'] = process.argv.slice(2)

async function admit() {
  const head = await readHead(openImageFile(path))
  await head.remainder.close()
  const max = head.cpuPolicy ?? CpuPolicy.fromRecords([])
  const host = {
    release: '4.22',
    ...{ raw: max, host: max, pvMax: max, pvDefault: max, hvmMax: max, hvmDefault: max },
  }
  const { admitted } = admitImage(head, host)
  return { ok: admitted, findings: [] }
}

const forms = {
  file: () => verifyFile(path),
  head: admit,
  descriptor: () => verifyDescriptor(0),
  iterable: () => verifyImage(process.stdin),
}

const measured = []
for (let turn = 0; turn < Number(before) + Number(times); turn++) {
  const start = process.hrtime.bigint()
  const { ok, findings } = await forms[form]()
  const nanoseconds = Number(process.hrtime.bigint() - start)
  if (!ok) throw new Error(`the image of the bench is refused: ${JSON.stringify(findings)}`)
  if (turn >= Number(before)) measured.push(nanoseconds)
}
measured.sort((a, b) => a - b)
// Not ru_maxrss: that begins with what the process had from which this one was forked.
const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
const megabytes = Number(kilobytes) / 1024
console.log(JSON.stringify({ nanoseconds: measured[measured.length >> 1], megabytes }))
