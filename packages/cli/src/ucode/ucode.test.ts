import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildEarlyCpio, parseMicrocode, splitEarlyCpio } from '@xenlevel/microcode'
import { describe, expect, it } from 'vitest'
import { Folder, runCommand, runJson } from '../command.testing.js'
import { emptyUpdate } from '../microcode.testing.js'
import { modelName, readCpu } from './cpu.js'

const fixtures = fileURLToPath(new URL('../../../../fixtures/', import.meta.url))
const folder = new Folder()
const [haswell, broadwell] = [
  emptyUpdate(),
  emptyUpdate({ signature: 0x406f1, revision: 0xb000040, platforms: 0xef }),
]
const cwd = folder.path
await folder.write('ucode/06-3f-02', haswell)
await folder.write('ucode/06-4f-01', broadwell)
await folder.write('ucode/README', 'none of it')
const damaged = haswell.slice()
damaged[100] = 1
await folder.write('damaged.bin', damaged)

describe('a CPU', () => {
  it.each([
    { text: '0x306f2', cpu: { vendor: 'Intel', signature: 0x306f2, platformId: 0, revision: 0 } },
    {
      text: '06-3f-02,platform=3,revision=0x44',
      cpu: { vendor: 'Intel', signature: 0x306f2, platformId: 3, revision: 0x44 },
    },
    {
      text: '17-31-00,revision=137363580',
      cpu: { vendor: 'AMD', signature: 0x830f10, platformId: 0, revision: 137363580 },
    },
    { text: '0x00a20f12', cpu: { vendor: 'AMD', signature: 0xa20f12, platformId: 0, revision: 0 } },
    { text: '0x300f10', cpu: { vendor: 'AMD', signature: 0x300f10, platformId: 0, revision: 0 } },
    { text: '13-01-00', cpu: { vendor: 'Intel', signature: 0x400f10, platformId: 0, revision: 0 } },
    { text: '0x100f42', cpu: { vendor: 'AMD', signature: 0x100f42, platformId: 0, revision: 0 } },
    { text: '0x00f41', cpu: { vendor: 'Intel', signature: 0xf41, platformId: 0, revision: 0 } },
  ])('$text', ({ text, cpu }) => {
    expect(readCpu(text, 'test')).toEqual(cpu)
    expect(readCpu(modelName(cpu.signature), 'test').signature).toBe(cpu.signature)
  })

  it.each([
    '',
    'x',
    '0x306f2,platform=8',
    '0x306f2,revison=1',
    '0x306f2,revision=',
    '0x306f2,revision=0x100000000',
    '06-3f',
  ])('%s is none', (text) => {
    expect(() => readCpu(text, 'test')).toThrow('is no CPU')
  })
})

describe('files', () => {
  it('of a directory that are something else are passed over; named ones are told', async () => {
    const { document, status } = await runJson(['ucode', 'list', 'ucode'], { cwd })
    expect(status).toBe(0)
    expect(JSON.stringify(document)).not.toContain('README')
    const named = await runJson(['ucode', 'list', 'ucode/README', 'ucode/06-3f-02'], { cwd })
    expect([named.status, named.document.problems]).toMatchObject([
      1,
      [{ file: 'ucode/README', code: 'MICROCODE_UNRECOGNISED' }],
    ])
    expect((await runCommand(['ucode', 'list', 'ucode/README'], { cwd })).status).toBe(2)
  })

  it('that are damaged are told by every reader', async () => {
    const { status, stdout } = await runCommand(['ucode', 'verify', 'damaged.bin'], { cwd })
    expect(status).toBe(1)
    expect(stdout).toMatch(/^faulty {2}damaged\.bin\n/)
    expect((await runCommand(['ucode', 'list', 'damaged.bin'], { cwd })).status).toBe(1)
    expect((await runCommand(['ucode', 'verify', 'ucode'], { cwd })).status).toBe(0)
  })

  it('are listed for one CPU', async () => {
    const { stdout } = await runCommand(['ucode', 'list', '--cpu', '06-4f-01', 'ucode'], { cwd })
    expect(stdout).toContain('0xb000040')
    expect(stdout).not.toContain('0x306f2')
  })
})

describe('a choice', () => {
  it.each([
    { argv: ['--cpu', '06-3f-02,revision=0x44'], status: 0, errno: 'OK' },
    { argv: ['--cpu', '06-3f-02,revision=0x49', '--release', '4.17'], status: 1, errno: 'EEXIST' },
    { argv: ['--cpu', '06-3f-02,revision=0x49', '--force'], status: 0, errno: 'OK' },
    { argv: ['--cpu', '06-3f-02,platform=4'], status: 1, errno: 'ENOENT' },
    { argv: ['--cpu', '06-4f-01,revision=1', '--consumer', 'linux'], status: 0, errno: 'OK' },
    { argv: ['--host', join(fixtures, 'hosts/haswell-1.json')], status: 0, errno: 'OK' },
  ])('$argv comes to $errno', async ({ argv, status, errno }) => {
    const result = await runJson(['ucode', 'select', ...argv, 'ucode'], { cwd })
    expect([result.status, result.document.errno]).toEqual([status, errno])
    expect((await runCommand(['ucode', 'select', ...argv, 'ucode'], { cwd })).status).toBe(status)
  })

  it('is written to a file', async () => {
    await runCommand(['ucode', 'select', '--cpu', '06-3f-02', '-o', 'chosen.bin', 'ucode'], { cwd })
    expect(new Uint8Array(readFileSync(join(cwd, 'chosen.bin')))).toEqual(haswell)
  })

  it('of a host of which too little is known says what to give', async () => {
    const unknown = await runCommand(
      ['ucode', 'select', '--host', join(fixtures, 'hosts/skylake-2.json'), 'ucode'],
      { cwd },
    )
    expect(unknown.stderr).toContain('does not say which microcode runs')
    const other = await folder.write('other.bin', emptyUpdate({ platforms: 0x80, revision: 0x50 }))
    const argv = [
      'ucode',
      'select',
      '--host',
      join(fixtures, 'hosts/haswell-1.json'),
      'ucode',
      other,
    ]
    expect((await runCommand(argv, { cwd })).stderr).toContain('give --platform-id')
    expect((await runJson([...argv, '--platform-id', '7'], { cwd })).document).toMatchObject({
      update: { revision: '0x00000050' },
    })
    expect((await runCommand([...argv, '--platform-id', 'x'], { cwd })).stderr).toContain(
      '--platform-id wants a number',
    )
  })
})

describe('a pack', () => {
  it('is the library’s archive', async () => {
    const { bytes, status, stderr } = await runCommand(['ucode', 'pack', 'ucode'], { cwd })
    expect([status, stderr]).toEqual([0, ''])
    const both = new Uint8Array([...haswell, ...broadwell])
    expect(new Uint8Array(bytes)).toEqual(buildEarlyCpio({ intel: both }))
    const mini = await runCommand(
      ['ucode', 'pack', '--form', 'mini-cpio', '--cpu', '06-4f-01', 'ucode'],
      { cwd },
    )
    expect(new Uint8Array(mini.bytes)).toEqual(buildEarlyCpio({ intel: broadwell, form: 'mini' }))
  })

  it('is a file in any other form, which is read back', async () => {
    const plain = await runCommand(['ucode', 'pack', '--form', 'intel', 'ucode'], { cwd })
    expect(new Uint8Array(plain.bytes)).toEqual(new Uint8Array([...haswell, ...broadwell]))
    const text = await runCommand(['ucode', 'pack', '--form', 'intel-dat', 'ucode'], { cwd })
    expect(parseMicrocode(text.bytes).updates.map(({ revision }) => revision)).toEqual([
      0x49, 0xb000040,
    ])
    const none = await runCommand(['ucode', 'pack', '--form', 'amd', 'ucode'], { cwd })
    expect([none.status, none.stderr]).toEqual([
      2,
      expect.stringContaining('no microcode for AMD CPUs'),
    ])
  })

  it('stands in front of an initrd, of which every byte stays', async () => {
    const initrd = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3])
    await folder.write('initrd.img', initrd)
    const first = ['ucode', 'pack', '--initrd', 'initrd.img', '-o', 'initrd.new', 'ucode/06-3f-02']
    expect((await runCommand(first, { cwd })).status).toBe(0)
    const written = new Uint8Array(readFileSync(join(cwd, 'initrd.new')))
    expect(written.slice(-initrd.length)).toEqual(initrd)
    const { intel } = splitEarlyCpio(written)
    expect(written.slice(intel?.offset, (intel?.offset ?? 0) + (intel?.size ?? 0))).toEqual(haswell)
    const again = [
      'ucode',
      'pack',
      '--initrd',
      'initrd.new',
      '-o',
      'initrd.newer',
      'ucode/06-4f-01',
    ]
    expect((await runCommand(again, { cwd })).status).toBe(0)
    const newer = new Uint8Array(readFileSync(join(cwd, 'initrd.newer')))
    expect(newer.slice(-initrd.length)).toEqual(initrd)
    expect(parseMicrocode(newer).updates.map(({ revision }) => revision)).toEqual([0xb000040])
  })

  it('of damaged or missing files is not written', async () => {
    const missing = await runCommand(
      ['ucode', 'pack', '-o', 'none.cpio', 'ucode/06-3f-02', 'nowhere'],
      { cwd },
    )
    expect([missing.status, missing.stderr]).toEqual([
      2,
      expect.stringContaining('Nothing was written'),
    ])
    expect(
      (await runCommand(['ucode', 'pack', '-o', 'none.cpio', 'damaged.bin'], { cwd })).status,
    ).toBe(2)
    expect(() => readFileSync(join(cwd, 'none.cpio'))).toThrow('ENOENT')
    const terminal = await runCommand(['ucode', 'pack', 'ucode'], { cwd, tty: true })
    expect([terminal.status, terminal.bytes.length]).toEqual([2, 0])
  })
})

describe('a plan', () => {
  it('is made for the hosts that it can be made for', async () => {
    const argv = ['ucode', 'plan', '-m', 'ucode', join(fixtures, 'hosts')]
    const { document, status } = await runJson(argv, { cwd })
    expect(status).toBe(1)
    expect(document).toMatchObject({
      ok: false,
      problems: [{ file: 'skylake-2', code: 'REVISION_UNKNOWN' }],
    })
    const { stdout } = await runCommand([...argv, '--brief', '--late', 'never'], { cwd })
    expect(stdout).toMatch(/haswell-1 +06-3f-02 +0x44 +early +0x49/)
    expect(stdout).toMatch(/cascade-1 +06-55-07 +0x500001c +nothing/)
    expect(
      (await runCommand(['ucode', 'plan', join(fixtures, 'hosts')], { cwd })).stderr,
    ).toContain('--microcode FILE')
  })
})
