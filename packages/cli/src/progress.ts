/** A bar on a terminal, and nothing anywhere else. */
import type { Output } from './io.js'

/** How far something is. */
export interface Progress {
  /** So much is done, of `total` where that is known. */
  report(done: number, total?: number): void
  /** Takes the bar away. */
  end(): void
}

/** Milliseconds between two looks of the bar: faster nobody sees, and it takes time. */
const INTERVAL = 80
const WIDTH = 24

/** A bar with a name, on standard error. */
export function progressOn(
  output: Output,
  name: string,
  clock: () => number = () => performance.now(),
): Progress {
  if (!output.isTTY) return SILENT
  let last = clock()
  let shown = false
  return {
    report(done, total) {
      const now = clock()
      if (now - last < INTERVAL) return
      last = now
      shown = true
      output.write(`\r\u001b[K${barOf(name, done, total)}`)
    },
    end() {
      if (shown) output.write('\r\u001b[K')
    },
  }
}

const SILENT: Progress = { report() {}, end() {} }

function barOf(name: string, done: number, total: number | undefined): string {
  if (total === undefined || total <= 0) return `${name} ${done}`
  const part = Math.min(done / total, 1)
  const full = Math.round(part * WIDTH)
  return `${name} [${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${Math.floor(part * 100)} %`
}
