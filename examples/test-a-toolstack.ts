/**
 * Tests of a toolstack on simulated hosts, by Node's test runner. What is tested is written against the contract, and runs on a real Xen.
 *
 *     node scripts/run.mjs examples/test-a-toolstack.ts
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { admitGuest, HypercallError, type Hypervisor } from '@xenlevel/core'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'
import { storyHost } from './story.js'

/** What is tested: gives a guest that runs on one host the same CPU on another, or says why not. */
function arrive(from: Hypervisor, domid: number, to: Hypervisor): number | string {
  const { leaves, msrs } = from.domainPolicy(domid)
  const guest = { name: 'web-1', kind: 'pv', records: { leaves, msrs } } as const
  const { admitted, reasons } = admitGuest(guest, to.snapshot())
  if (!admitted) return `no: ${reasons.map(({ feature, code }) => feature ?? code).join(' ')}`
  const arrived = to.createDomain({ kind: 'pv' })
  try {
    const answer = to.setDomainPolicy(arrived, { leaves, msrs })
    if (answer.ok) return arrived
    to.destroyDomain(arrived)
    return `Xen says ${answer.error.errno}`
  } catch (error) {
    to.destroyDomain(arrived)
    throw error
  }
}

function simulated(like: 'haswell' | 'skylake'): SimulatedXen {
  const raw = storyHost(like).policies?.raw
  assert(raw)
  return new SimulatedXen({ name: like, raw, release: '4.17.7' })
}

describe('a guest arrives', () => {
  const [haswell, skylake] = [simulated('haswell'), simulated('skylake')]

  it('with the CPU that it had', () => {
    const domid = haswell.createDomain({ kind: 'pv' })
    const arrived = arrive(haswell, domid, skylake)
    assert(typeof arrived === 'number')
    assert.deepEqual(skylake.domainPolicy(arrived), haswell.domainPolicy(domid))
  })

  it('or not, and every feature is named', () => {
    const domid = skylake.createDomain({ kind: 'pv' })
    assert.equal(arrive(skylake, domid, haswell), 'no: XGETBV1 ADX CLFLUSHOPT')
  })

  it('and leaves no domain behind when Xen fails', () => {
    const domid = haswell.createDomain({ kind: 'pv' })
    skylake.fail('setDomainPolicy', 'ENOMEM', { times: 1 })
    assert.throws(() => arrive(haswell, domid, skylake), HypercallError)
    const made = skylake.calls.findLast(({ call }) => call === 'createDomain')?.answer
    assert(typeof made === 'number')
    assert.throws(() => skylake.domainPolicy(made), /ESRCH/)
  })
})
