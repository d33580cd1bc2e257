/** The drawings of docs/rendezvous.md are what the functions draw. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { exploreLateLoad } from './explore.js'
import { formatTrace } from './format.js'
import { runLateLoad } from './run.js'
import type { LateLoadTopology, LateLoadTraceEntry } from './types.js'

const MACHINE: LateLoadTopology = { cores: 2, threadsPerCore: 2, vendor: 'Intel' }

const DRAWN: Readonly<Record<string, () => readonly LateLoadTraceEntry[]>> = {
  'a load': () => runLateLoad(MACHINE).trace,
  'a load without NMI': () => runLateLoad(MACHINE, { nmi: false }).trace,
  'a handler that also waits for the primaries': () =>
    exploreLateLoad(MACHINE, { variant: 'handler-waits-for-primaries' }).deadlocks[0]?.trace ?? [],
  'a handler that holds everyone': () =>
    exploreLateLoad(MACHINE, {
      nmi: false,
      externalNmi: 2,
      timeouts: 'last-resort',
      variant: 'handler-holds-everyone',
    }).deadlocks[0]?.trace ?? [],
}

const page = readFileSync(new URL('../../../../docs/rendezvous.md', import.meta.url), 'utf8')
const drawings = [...page.matchAll(/^<!-- drawing: (.*) -->\n\n```text\n([\s\S]*?)^```$/gm)].map(
  ([, name = '', drawing = '']) => ({ name, drawing }),
)

it('are all there', () => {
  expect(drawings.map(({ name }) => name)).toEqual(Object.keys(DRAWN))
})

it.each(drawings)('$name', ({ name, drawing }) => {
  expect(`${formatTrace(DRAWN[name]?.() ?? [], { layout: 'lanes' })}\n`).toBe(drawing)
})
