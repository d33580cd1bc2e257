/** Traces as text. */
import { expect, it } from 'vitest'
import { formatTrace } from './format.js'
import { runLateLoad } from './run.js'

const ONE = { cores: 1, threadsPerCore: 2, vendor: 'Intel' } as const

it('lists what happens, one line an entry', () => {
  const { trace } = runLateLoad(ONE, { failing: { cpu: 0, errno: 'ENXIO' } })
  expect(formatTrace(trace).split('\n')).toEqual([
    '   0  CPU0 control         stops the watchdog, publishes the update, takes over the NMI handler',
    '   1  CPU0 control         asks all to call in: state CALLIN',
    '   1  CPU1 secondary       sees CALLIN',
    '   2  CPU0 control         calls in (1 of 2)',
    '   2  CPU1 secondary       sends itself an NMI',
    '   3  CPU1 secondary  NMI  takes the NMI',
    '   4  CPU1 secondary  NMI  calls in (2 of 2)',
    '   4  CPU0 control         sees that all have called in (2 of 2)',
    '   5  CPU0 control         writes the MSR, and fails: ENXIO',
    ' 405  CPU0 control         counts itself out (1 of 1), and gives up: ENXIO',
    ' 406  CPU0 control         ends the load: state EXIT',
    ' 406  CPU1 secondary  NMI  sees EXIT, and leaves the handler',
    ' 407  CPU0 control         gives the NMI handler back, starts the watchdog',
    ' 407  CPU1 secondary       sees EXIT',
    ' 408  CPU0 control         returns ENXIO',
    ' 408  CPU1 secondary       takes over the revision of CPU0',
    ' 409  CPU1 secondary       returns OK',
  ])
})

it('draws a line of life for each CPU, thick inside the handler', () => {
  const { trace } = runLateLoad(ONE, { externalNmi: 1 })
  expect(formatTrace(trace, { layout: 'lanes' }).split('\n')).toEqual([
    'time  CPU0 control   CPU1 secondary',
    '   0  prepare        │',
    '   1  open-call-in   │',
    '   1  │              ┃ external-nmi',
    '   2  call-in        ┃',
    '   2  │              ┃ call-in',
    '   3  all-called-in  ┃',
    '   4  write          ┃',
    ' 404  count-out      ┃',
    ' 405  open-enter     ┃',
    ' 406  all-out        ┃',
    ' 407  open-exit      ┃',
    ' 407  │              ┃ leave-handler',
    ' 408  unwind         │',
    ' 408  │              come-too-late',
    ' 409  return         │',
    ' 409                 return',
  ])
})

it('makes nothing of nothing', () => {
  expect(formatTrace([])).toBe('')
  expect(formatTrace([], { layout: 'lanes' })).toBe('time')
})

it('has room for times of any length', () => {
  const { trace } = runLateLoad(ONE, { timing: { write: 123_456 } })
  const widths = formatTrace(trace)
    .split('\n')
    .map((line) => line.indexOf('CPU'))
  expect(new Set(widths)).toEqual(new Set([8]))
})

it('has a sentence for every NMI', () => {
  const machine = { cores: 2, threadsPerCore: 1, vendor: 'AMD' } as const
  const said = (options: Parameters<typeof runLateLoad>[1]) =>
    runLateLoad(machine, options)
      .trace.filter(({ event }) => event.includes('nmi'))
      .map(({ what }) => what)
  expect(said({ nmi: false, externalNmi: 1 })).toEqual([
    'takes an NMI from elsewhere, and does not stay: it has to write outside the handler',
  ])
  expect(said({ externalNmi: 0, externalNmiAt: 'PREPARE' })[0]).toBe(
    'takes an NMI from elsewhere, which is left to the usual handler: the state is PREPARE',
  )
  expect(said({ externalNmi: 1, externalNmiAt: 'ENTER' }).slice(-2)).toEqual([
    'gets an NMI from elsewhere, which waits for the end of the handler',
    'takes its NMI, which is left to the usual handler: the state is ENTER',
  ])
  expect(said({ lostNmi: 1 })).toEqual(['sends itself an NMI that is lost'])
})
