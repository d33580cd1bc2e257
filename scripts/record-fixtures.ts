/**
 * Makes fixtures/ from the recorded answers of $XENLEVEL_CORPUS.
 *
 *     XENLEVEL_CORPUS=DIR npm run record                writes the files
 *     XENLEVEL_CORPUS=DIR npm run record -- --check    exits with 1 if they are not what would be written
 *
 * Host fixtures hold plain facts of real CPUs (brand, signature, raw featureset, address width, microcode revision), or what a Xen that was booted
 * for the recordings said; images are those that it saved, without their pages.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { formatHostSnapshot, type HostSnapshot } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { RecordedXen, type XenRecording } from '@xenlevel/hw-xen/simulated'
import { trimImage } from '@xenlevel/migration'
import { writeOrCheck } from './write-or-check.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Copied as they are. */
const RECORDED = [
  'levelling/pools.json',
  'levelling/pools-rsba.json',
  'levelling/deep-deps.json',
  'levelling/pair-compat.json',
  'policy/tables/RELEASE-4.7.0.json',
  'policy/tables/RELEASE-4.12.4.json',
  'policy/tables/RELEASE-4.14.4.json',
  'policy/tables/RELEASE-4.17.7.json',
  'policy/tables/RELEASE-4.19.0.json',
  'policy/tables/HEAD.json',
  'policy/vectors/vendor-fms-head.json',
  'policy/vectors/header-language.json',
  'policy/vectors/clear-out-of-range-head.json',
  'policy/vectors/copy-from-buffer-head.json',
  'xen/hosts/4.13.5-EPYC.json',
  'xen/hosts/4.13.5-Skylake-Server.json',
  'xen/hosts/4.15.7-EPYC.json',
  'xen/hosts/4.15.7-Skylake-Server.json',
  'xen/hosts/4.17-debian-EPYC.json',
  'xen/hosts/4.17-debian-Haswell.json',
  'xen/hosts/4.17-debian-Skylake-Server.json',
  'xen/hosts/4.17.0-EPYC.json',
  'xen/hosts/4.17.0-Skylake-Server.json',
  'xen/hosts/4.18.6-EPYC.json',
  'xen/hosts/4.18.6-Skylake-Server.json',
  'xen/hosts/4.20.3-EPYC.json',
  'xen/hosts/4.20.3-Skylake-Server.json',
  'xen/hosts/4.22.0-EPYC.json',
  'xen/hosts/4.22.0-Skylake-Server.json',
  'xen/abi/4.13.5.txt',
  'xen/abi/4.14.6.txt',
  'xen/abi/4.15.7.txt',
  'xen/abi/4.16.7.txt',
  'xen/abi/4.17.0.txt',
  'xen/abi/4.17.7.txt',
  'xen/abi/4.18.6.txt',
  'xen/abi/4.19.6.txt',
  'xen/abi/4.20.3.txt',
  'xen/abi/4.21.2.txt',
  'xen/abi/4.22.0.txt',
  'xen/abi/master.txt',
  'xen/restores.json',
  'xen/streams/4.17.7-EPYC-tpv.txt',
  'xen/streams/4.17.7-EPYC-tpvh.txt',
  'xen/streams/4.17.7-Haswell-tpv.txt',
  'xen/streams/4.17.7-Opteron_G3-tpv.txt',
  'xen/streams/4.17.7-Skylake-Server-tpv.txt',
  'xen/streams/4.17.7-Skylake-levelled-tpv.txt',
  'policy/headers/4.7.0.h.txt',
  'policy/headers/4.9.0.h.txt',
  'policy/headers/4.13.0.h.txt',
  'policy/headers/4.14.0.h.txt',
  'policy/headers/4.16.0.h.txt',
  'policy/headers/4.17.0.h.txt',
  'policy/headers/4.17.7.h.txt',
  'policy/headers/4.19.0.h.txt',
  'policy/headers/4.20.3.h.txt',
  'policy/headers/4.22.0.h.txt',
  'policy/headers/HEAD.h.txt',
]

/** The pool of the demo: name in the pool, and the recorded CPU. */
const POOL: readonly (readonly [string, string])[] = [
  ['haswell-1', 'il-00306f2-haswellep-00'],
  ['broadwell-1', 'il-00406f1-broadwelle-02'],
  ['skylake-1', 'il-0050654-skylakexeon-6'],
  ['skylake-2', 'il-0050654-skylakexeon-16'],
  ['cascade-1', 'il-0050657-cascadelakesp-1'],
  ['cascade-2', 'il-0050657-cascadelakesp-2'],
  ['sapphire-1', 'il-00806f8-sapphirerapids-06'],
]

/** Boots of a real Xen whose snapshots guides and examples use, by name of the host. */
const BOOTS: readonly (readonly [string, string])[] = [
  ['haswell', '4.17-debian-Haswell'],
  ['skylake', '4.17-debian-Skylake-Server'],
]

/** Images that a real `xl save` wrote of guests there, without their pages. */
const IMAGES: readonly (readonly [string, string])[] = [
  ['guest', '4.17.7-Skylake-Server-tpv'],
  ['guest-levelled', '4.17.7-Skylake-levelled-tpv'],
]

interface RecordedHost {
  readonly name: string
  readonly brand: string
  readonly signature: string
  readonly physAddrBits: number
  readonly featureset: string
  readonly incompleteWords: readonly number[]
  readonly syscallHiddenBy32bitDump: boolean
  readonly microcodeRev: string | null
}

function corpusDirectory(): string {
  const directory = process.env.XENLEVEL_CORPUS
  if (directory === undefined) {
    console.error('XENLEVEL_CORPUS must name the folder of recorded answers.')
    process.exit(2)
  }
  return resolve(root, directory)
}

function snapshotOf(name: string, host: RecordedHost): HostSnapshot {
  const notes = [`Facts of a real CPU, from a public CPUID dump (${host.name}).`]
  let raw = Featureset.parse(host.featureset)
  if (host.syscallHiddenBy32bitDump) {
    raw = raw.or(Featureset.fromNames(['SYSCALL']))
    notes.push(
      'SYSCALL added: the dump was taken by a 32-bit program, to which Intel CPUs hide it.',
    )
  }
  return {
    format: 'xenlevel/host-snapshot',
    version: 1,
    name,
    cpu: {
      vendor: 'Intel',
      brand: host.brand.trim(),
      signature: Number(host.signature),
      physAddrBits: host.physAddrBits,
      microcodeRevision: host.microcodeRev === null ? null : Number(host.microcodeRev),
    },
    xen: null,
    featuresets: { raw },
    unknownWords: [...host.incompleteWords],
    notes,
  }
}

const corpus = corpusDirectory()
const index: { hosts: RecordedHost[] } = JSON.parse(
  readFileSync(join(corpus, 'hosts/index.json'), 'utf8'),
)
const files = new Map<string, string | Uint8Array>(
  RECORDED.map((path) => [path, readFileSync(join(corpus, path), 'utf8')]),
)
for (const [name, recorded] of POOL) {
  const host = index.hosts.find((candidate) => candidate.name === recorded)
  if (host === undefined) throw new Error(`${recorded} is not among the recorded hosts`)
  files.set(`hosts/${name}.json`, formatHostSnapshot(snapshotOf(name, host)))
}

for (const [name, boot] of BOOTS) {
  const recording: XenRecording = JSON.parse(
    readFileSync(join(corpus, `xen/hosts/${boot}.json`), 'utf8'),
  )
  files.set(`story/${name}.json`, formatHostSnapshot(new RecordedXen(recording).snapshot({ name })))
}
for (const [name, image] of IMAGES) {
  const whole = gunzipSync(readFileSync(join(corpus, `xen/streams/${image}.save.gz`)))
  const trimmed = new Blob([whole]).stream().pipeThrough(trimImage())
  files.set(`story/${name}.save`, new Uint8Array(await new Response(trimmed).arrayBuffer()))
}

process.exitCode = writeOrCheck(
  root,
  Object.fromEntries([...files].map(([path, text]) => [`fixtures/${path}`, text])),
  'npm run record',
)
