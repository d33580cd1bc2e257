/** The program as a shell sees it: exit status, closed pipes, full disks, Ctrl-C. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Folder } from './command.testing.js'
import { bundledProgram, ended, startProgram, startShell } from './spawn.testing.js'

const fixtures = fileURLToPath(new URL('../../../fixtures/', import.meta.url))
const folder = new Folder()
bundledProgram()
const level = 'level --emit json hosts'

describe('exit status', () => {
  it.each([
    { argv: ['admit', 'story/guest-levelled.save', 'story/haswell.json'], status: 0 },
    { argv: ['admit', 'story/guest.save', 'story/haswell.json'], status: 1 },
    { argv: ['admit', 'story/guest.save', 'story/nowhere.json'], status: 2 },
    { argv: ['admti'], status: 2 },
  ])('$status of $argv', async ({ argv, status }) => {
    const result = await ended(startProgram(argv, fixtures))
    expect(result.status).toBe(status)
    expect(result.stderr).not.toContain('    at ')
    expect(result.stderr === '').toBe(status < 2)
  })
})

describe('a pipe', () => {
  it('that is closed is no failure', async () => {
    const result = await ended(
      startShell(`"$@" features --json | head -n 1; echo "\${PIPESTATUS[0]}"`, fixtures),
    )
    expect(result).toEqual({ status: 0, stdout: '{\n0\n', stderr: '' })
  })

  it('may be read from, and from a closed one there is nothing', async () => {
    const result = await ended(
      startShell('cat hosts/*.json | "$@" level -e json - | head -c 30', fixtures),
    )
    expect([result.stdout, result.stderr]).toEqual(['{\n  "format": "xenlevel/pool-l', ''])
    const nothing = await ended(startShell('"$@" level - < /dev/null', fixtures))
    expect([nothing.status, nothing.stdout]).toEqual([2, ''])
    expect(nothing.stderr).toContain('-: it is empty.')
  })

  it('gets what a guest is asked of, and the rest stays unread', async () => {
    const result = await ended(
      startShell(
        '(cat story/guest-levelled.save; sleep 0.2; cat /dev/zero) | "$@" admit - story/*.json',
        fixtures,
      ),
    )
    expect([result.status, result.stderr]).toEqual([0, ''])
  })
})

describe('a full disk', () => {
  it('is told for standard output', async () => {
    const result = await ended(startShell('"$@" features > /dev/full', fixtures))
    expect(result.status).toBe(2)
    expect(result.stderr).toBe(
      'xenlevel: the answer could not be written: no space is left where it goes.\n',
    )
  })

  it('is told for a device that is named', async () => {
    const result = await ended(startShell(`"$@" ${level} -o /dev/full`, fixtures))
    expect(result.status).toBe(2)
    expect(result.stderr).toContain('/dev/full: no space is left on its file system')
  })

  it('leaves the file that was there, and nothing beside it', async () => {
    const target = await folder.write('full/level.json', 'as it was')
    const result = await ended(startShell(`ulimit -f 1; "$@" ${level} -o '${target}'`, fixtures))
    expect(result.status).toBe(2)
    expect(result.stderr).toContain(
      `${target}: the file would be larger than this process may write`,
    )
    expect(readdirSync(`${folder.path}/full`)).toEqual(['level.json'])
    expect(await folder.read('full/level.json')).toBe('as it was')
  })
})

describe('a place that cannot be written', () => {
  it.each(['/proc/level.json', '/sys/level.json', '/nowhere/level.json'])('%s', async (target) => {
    const result = await ended(startShell(`"$@" ${level} -o ${target}`, fixtures))
    expect(result.status).toBe(2)
    expect(result.stderr).toMatch(new RegExp(`^xenlevel: ${target}: [^\\n]+\\n$`))
  })
})

describe('Ctrl-C', () => {
  it('leaves no half-written file and no complaint', async () => {
    await folder.write('interrupted/there', 'as it was')
    const target = `${folder.path}/interrupted/new.save`
    const child = startProgram(['image', 'set-policy', '--none', '-o', target, '-'], fixtures)
    const end = ended(child)
    // The guest's memory is still to come.
    child.stdin.write(readFileSync(`${fixtures}/story/guest.save`).subarray(0, 6000))
    const inside = () => readdirSync(`${folder.path}/interrupted`)
    await until(() => inside().find((name) => name.endsWith('.tmp')))
    child.kill('SIGINT')
    expect(await end).toEqual({ status: 130, stdout: '', stderr: '' })
    expect(inside()).toEqual(['there'])
  })

  it('ends with 130', async () => {
    const child = startProgram(['level', '-'], fixtures)
    const end = ended(child)
    child.stdin.write('{"format":"xenlevel/host-snapshot"')
    setTimeout(() => child.kill('SIGINT'), 700)
    expect(await end).toEqual({ status: 130, stdout: '', stderr: '' })
  })
})

async function until<Found>(look: () => Found | undefined): Promise<Found> {
  for (let tries = 0; tries < 600; tries++) {
    const found = look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it did not come')
}
