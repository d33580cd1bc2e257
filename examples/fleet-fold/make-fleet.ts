/** A fleet as ansible would collect it: hosts of recorded CPUs, one a line, a file for each of some sites. The same in every run. */
import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatHostSnapshot, type HostSnapshot, levelPool } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'

const RELEASES = ['4.17.7', '4.19.6', '4.20.3'] as const
const SITES = ['ams', 'fra', 'nyc', 'sin'] as const

/** Writes so many hosts; the names of the files. */
export async function makeFleet(folder: string, hosts: number): Promise<string[]> {
  const lines = recordedSets().flatMap((raw, kind) =>
    RELEASES.map((release) => lineOf(raw, release, kind)),
  )
  const files = SITES.map((site) => join(folder, `${site}.ndjson`))
  for (const [site, file] of files.entries()) {
    const stream = createWriteStream(file)
    let text = ''
    for (let host = site; host < hosts; host += SITES.length) {
      // Kinds are not equally common: the product of two numbers is more often a small one.
      const [a, b] = [(host * 7919) % 997, (host * 104_729) % 1009]
      const line = lines[Math.floor((a * b * lines.length) / (997 * 1009))]
      text += line?.replace('NAME', `${SITES[site]}-${String(host).padStart(7, '0')}`)
      if (text.length < 1 << 18) continue
      if (!stream.write(text)) await once(stream, 'drain')
      text = ''
    }
    stream.end(text)
    await once(stream, 'finish')
  }
  return files
}

/** A host that says what its Xen offers, as far as that follows from its CPU. */
function lineOf(raw: Featureset, release: string, kind: number): string {
  const host: HostSnapshot = {
    format: 'xenlevel/host-snapshot',
    version: 1,
    name: 'NAME',
    cpu: {
      vendor: 'Intel',
      brand: '',
      signature: 0,
      physAddrBits: [40, 46, 48, 52][kind % 4] ?? 46,
      microcodeRevision: null,
    },
    xen: { release, hvm: true, hap: true },
    featuresets: { raw },
    unknownWords: [],
    notes: [],
  }
  const { pv, hvm } = levelPool([host])
  const featuresets = {
    pvDefault: pv.default,
    pvMax: pv.max,
    hvmDefault: hvm.default,
    hvmMax: hvm.max,
  }
  return `${JSON.stringify(JSON.parse(formatHostSnapshot({ ...host, featuresets })))}\n`
}

function recordedSets(): Featureset[] {
  const { pools }: { pools: { kind: string; featuresets: string[] }[] } = JSON.parse(
    readFileSync(new URL('../../fixtures/levelling/pools.json', import.meta.url), 'utf8'),
  )
  const own = pools.filter(({ kind }) => kind.startsWith('intel'))
  const texts = new Set(own.flatMap(({ featuresets }) => featuresets))
  return [...texts].map((text) => Featureset.parse(text)).filter((set) => set.has('LM'))
}
