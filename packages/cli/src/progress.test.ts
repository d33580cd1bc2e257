import { expect, it } from 'vitest'
import { runCommand } from './command.testing.js'
import { progressOn } from './progress.js'

function terminal(isTTY: boolean) {
  const written: string[] = []
  return {
    written,
    output: {
      isTTY,
      columns: 80,
      write: (content: string | Uint8Array) => {
        written.push(String(content))
      },
    },
  }
}

it('shows a bar on a terminal, not too often, and takes it away', () => {
  const { written, output } = terminal(true)
  let now = 0
  const progress = progressOn(output, 'files', () => now)
  progress.report(1, 4)
  expect(written).toEqual([])
  now = 100
  progress.report(1, 4)
  progress.report(2, 4)
  now = 200
  progress.report(4, 4)
  now = 300
  progress.report(7)
  progress.end()
  expect(written).toEqual([
    `\r\u001b[Kfiles [${'#'.repeat(6)}${' '.repeat(18)}] 25 %`,
    `\r\u001b[Kfiles [${'#'.repeat(24)}] 100 %`,
    '\r\u001b[Kfiles 7',
    '\r\u001b[K',
  ])
})

it('shows nothing anywhere else, and nothing of what is done at once', async () => {
  const { written, output } = terminal(false)
  const progress = progressOn(output, 'files', () => 1e9)
  progress.report(1, 2)
  progress.end()
  expect(written).toEqual([])
  expect((await runCommand(['features'], { tty: true })).stderr).toBe('')
})
