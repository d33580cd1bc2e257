/** Every verb answers in JSON as its schema says, and the schemas in the package are those. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CpuPolicy } from '@xenlevel/core'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'
import { expect, it } from 'vitest'
import { Folder, runCommand, withBootId } from './command.testing.js'
import { emptyUpdate } from './microcode.testing.js'
import { jsonSchemas, SCHEMAS } from './schemas/table.js'
import { VERBS } from './verbs/table.js'

const fixtures = fileURLToPath(new URL('../../../fixtures/', import.meta.url))
const schemas = fileURLToPath(new URL('../schemas/', import.meta.url))
const folder = new Folder()
const [haswell, skylake] = ['story/haswell.json', 'story/skylake.json']

const guests = [
  { name: 'web-1', kind: 'pv', host: 'skylake', memory: '4294967296' },
  { name: 'db-1', kind: 'hvm', host: 'haswell-1', featureset: '1fcbfbff-77fa3203' },
]
const update = await folder.write('update.bin', emptyUpdate())
const guestFile = await folder.write(
  'guests.ndjson',
  guests
    .map((guest) => `${JSON.stringify({ format: 'xenlevel/guest', version: 1, ...guest })}\n`)
    .join(''),
)
const config = await folder.write('web-1.cfg', 'name = "web-1"\ncpuid = "host,adx=1"\n')
const kept = join(folder.path, 'default.json')
const world = { cwd: fixtures, env: { XENLEVEL_DEFAULT: kept } }
const noXen = { files: (files: Parameters<typeof withBootId>[0]) => withBootId(files, 'boot-1') }

interface Case {
  readonly verb: string
  readonly argv: readonly string[]
  readonly schema: keyof typeof SCHEMAS
  readonly status: 0 | 1
  readonly more?: object
}

/** In an order in which what one writes is there for the next. */
const CASES: readonly Case[] = [
  {
    verb: 'host capture',
    argv: ['--name', 'here'],
    schema: 'hosts',
    status: 0,
    more: { xen: () => new SimulatedXen({ raw: CpuPolicy.empty, release: '4.17.7' }) },
  },
  { verb: 'host import', argv: [haswell, 'nowhere'], schema: 'hosts', status: 1 },
  { verb: 'host show', argv: ['story/haswell.json', 'hosts'], schema: 'hosts', status: 0 },
  {
    verb: 'host diff',
    argv: ['--guests', guestFile, '--pool', 'hosts', skylake, haswell],
    schema: 'host-drift',
    status: 1,
  },
  { verb: 'host diff', argv: [haswell, haswell], schema: 'host-drift', status: 0 },
  { verb: 'features', argv: ['--dependents', 'xsave'], schema: 'features', status: 0 },
  { verb: 'level', argv: [haswell, skylake, '-e', 'xl'], schema: 'level-answer', status: 0 },
  { verb: 'level', argv: ['hosts', '--emit', 'libvirt'], schema: 'level-answer', status: 1 },
  {
    verb: 'whatif',
    argv: ['--leave', 'haswell-1', '--guests', guestFile, 'hosts'],
    schema: 'level-change',
    status: 0,
  },
  { verb: 'whatif', argv: ['--join', haswell, skylake], schema: 'level-change', status: 1 },
  {
    verb: 'whatif',
    argv: ['--upgrade', 'skylake=4.18', haswell, skylake],
    schema: 'level-change',
    status: 0,
  },
  { verb: 'explain', argv: ['hosts'], schema: 'level-explanation', status: 0 },
  { verb: 'admit', argv: ['story/guest.save', haswell, skylake], schema: 'admission', status: 1 },
  {
    verb: 'admit',
    argv: ['story/guest-levelled.save', haswell, skylake],
    schema: 'admission',
    status: 0,
  },
  {
    verb: 'policy derive',
    argv: ['--xen-release', '4.17', skylake],
    schema: 'host-policies',
    status: 0,
  },
  { verb: 'policy derive', argv: [skylake], schema: 'host-policies', status: 0 },
  {
    verb: 'policy clamp',
    argv: ['story/guest.save', haswell, '-k', 'pv'],
    schema: 'policy-clamp',
    status: 1,
  },
  {
    verb: 'policy diff',
    argv: ['-w', 'pvDefault', haswell, skylake],
    schema: 'policy-diff',
    status: 1,
  },
  {
    verb: 'policy diff',
    argv: ['-w', 'pvDefault', haswell, haswell],
    schema: 'policy-diff',
    status: 0,
  },
  {
    verb: 'default set',
    argv: ['--host', skylake, haswell, skylake],
    schema: 'default-answer',
    status: 0,
    more: noXen,
  },
  {
    verb: 'default show',
    argv: ['--host', skylake],
    schema: 'default-state',
    status: 0,
    more: noXen,
  },
  { verb: 'default apply', argv: [config], schema: 'default-merge', status: 1, more: noXen },
  {
    verb: 'fleet mobility',
    argv: ['--guests', guestFile, 'hosts', haswell, skylake],
    schema: 'mobility',
    status: 1,
  },
  {
    verb: 'fleet evacuate',
    argv: ['--guests', guestFile, '--host', 'haswell-1', 'hosts'],
    schema: 'evacuation',
    status: 0,
  },
  {
    verb: 'fleet evacuate',
    argv: ['--guests', guestFile, '--host', 'skylake', haswell, skylake],
    schema: 'evacuation',
    status: 1,
  },
  {
    verb: 'fleet roll',
    argv: ['--guests', guestFile, 'hosts'],
    schema: 'rolling-update',
    status: 0,
  },
  {
    verb: 'fleet roll',
    argv: ['--guests', guestFile, haswell, skylake],
    schema: 'rolling-update',
    status: 1,
  },
  { verb: 'fleet split', argv: ['-p', '3', 'hosts'], schema: 'fleet-split', status: 0 },
  { verb: 'ucode list', argv: [update], schema: 'microcode-list', status: 0 },
  { verb: 'ucode verify', argv: [update], schema: 'microcode-verification', status: 0 },
  {
    verb: 'ucode verify',
    argv: ['--rules', 'xen', update],
    schema: 'microcode-verification',
    status: 0,
  },
  {
    verb: 'ucode select',
    argv: ['--cpu', '0x306f2,revision=0x44', update],
    schema: 'microcode-selection',
    status: 0,
  },
  {
    verb: 'ucode select',
    argv: ['--host', 'hosts/broadwell-1.json', update],
    schema: 'microcode-selection',
    status: 1,
  },
  {
    verb: 'ucode pack',
    argv: ['-o', join(folder.path, 'early.cpio'), update],
    schema: 'microcode-pack',
    status: 0,
  },
  {
    verb: 'ucode plan',
    argv: ['-m', update, 'hosts/haswell-1.json', 'hosts/broadwell-1.json'],
    schema: 'microcode-plan',
    status: 0,
  },
  { verb: 'image head', argv: ['story/guest.save'], schema: 'image-head', status: 0 },
  { verb: 'image verify', argv: ['story/guest.save'], schema: 'image-verification', status: 1 },
  { verb: 'image records', argv: ['story/guest.save'], schema: 'image-event', status: 0 },
  {
    verb: 'image set-policy',
    argv: ['--for', haswell, '-o', join(folder.path, 'new.save'), 'story/guest.save'],
    schema: 'image-set-policy',
    status: 0,
  },
  { verb: 'completion', argv: ['zsh'], schema: 'completion', status: 0 },
]

it.each(CASES)('$verb $argv', async ({ verb, argv, schema, status, more }) => {
  const result = await runCommand([...verb.split(' '), ...argv, '--json'], { ...world, ...more })
  expect([result.status, result.stdout === '' && result.stderr]).toEqual([status, false])
  const documents =
    verb === 'image records'
      ? result.stdout
          .trimEnd()
          .split('\n')
          .map((line): unknown => JSON.parse(line))
      : [JSON.parse(result.stdout)]
  for (const document of documents) {
    const read = SCHEMAS[schema].safeParse(document)
    expect(read.error?.issues).toBeUndefined()
    if (verb !== 'image records') expect(document.ok).toBe(status === 0)
  }
})

it('every verb is among them', () => {
  const names = VERBS.map(({ name }) => name)
  expect(names.filter((name) => !CASES.some(({ verb }) => verb === name))).toEqual(
    names.includes('report') ? ['report'] : [],
  )
})

it('what was written is what its own schema says', () => {
  const written: unknown = JSON.parse(readFileSync(kept, 'utf8'))
  expect(SCHEMAS.default.safeParse(written).error?.issues).toBeUndefined()
  for (const line of readFileSync(guestFile, 'utf8').trimEnd().split('\n'))
    expect(SCHEMAS.guest.safeParse(JSON.parse(line)).error?.issues).toBeUndefined()
})

it('the schemas in the package are these', () => {
  const files = Object.fromEntries(
    readdirSync(schemas).map((file) => [
      file.replace('.json', ''),
      readFileSync(join(schemas, file), 'utf8'),
    ]),
  )
  expect(files).toEqual(jsonSchemas())
})
