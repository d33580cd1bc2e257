/** Whether a default still is what this host makes of it. */
import { type HostSnapshot, levelPool } from '@xenlevel/core'
import type { GuestDefault } from './document.js'

/** What is known of this moment. */
export interface Now {
  /** The running boot. */
  readonly bootId: string | null
  /** This host as it is. */
  readonly host: HostSnapshot | null
}

/** What became of a default. */
export interface DefaultState {
  /** `fresh`: it does what it did. `stale`: the host has changed under it. `unsure`: it was booted anew, and nobody has looked. */
  readonly state: 'fresh' | 'stale' | 'unsure'
  /** Whether the host was booted since; null if that is not known. */
  readonly rebooted: boolean | null
  /** Sentences for people. */
  readonly reasons: readonly string[]
}

/** Compares a default with what is now. */
export function stateOf(kept: GuestDefault, now: Now): DefaultState {
  const rebooted = kept.bootId === null || now.bootId === null ? null : kept.bootId !== now.bootId
  if (kept.host !== null && now.host !== null) {
    const reasons = changesOf(kept, kept.host, now.host)
    if (reasons.length > 0) return { state: 'stale', rebooted, reasons }
    const booted = rebooted === true ? ['The host was booted since, and offers what it did.'] : []
    return { state: 'fresh', rebooted, reasons: booted }
  }
  if (rebooted === false)
    return { state: 'fresh', rebooted, reasons: ['The host was not booted since.'] }
  return {
    state: 'unsure',
    rebooted,
    reasons: [
      `${rebooted === true ? 'The host was booted since' : 'Whether the host was booted since is not known'}, and what it offers now is not known: give its snapshot with --host, or set the default again.`,
    ],
  }
}

function changesOf(kept: GuestDefault, before: HostSnapshot, after: HostSnapshot): string[] {
  const reasons: string[] = []
  if (before.xen?.release !== after.xen?.release)
    reasons.push(
      `Xen was ${before.xen?.release ?? 'not there'} and is ${after.xen?.release ?? 'not there'} now.`,
    )
  if (before.cpu.signature !== after.cpu.signature || before.cpu.vendor !== after.cpu.vendor)
    reasons.push('The host has other CPUs.')
  for (const kind of ['hvm', 'pv'] as const) {
    const [was, is] = [offerOf(before, kind), offerOf(after, kind)]
    const [gone, come] = [was.andNot(is).names(), is.andNot(was).names()]
    const name = kind.toUpperCase()
    const wanted = kept[kind]?.featureset
    const missed = wanted === undefined ? [] : gone.filter((feature) => wanted.has(feature))
    if (missed.length > 0)
      reasons.push(
        `${name} guests no longer can have ${missed.join(', ')}, which the default promises.`,
      )
    const others = gone.filter((feature) => !missed.includes(feature))
    if (others.length > 0) reasons.push(`${name} guests are no longer given ${others.join(', ')}.`)
    if (come.length > 0)
      reasons.push(
        `${name} guests are now given ${come.join(', ')} by Xen, which the default does not take away.`,
      )
  }
  return reasons
}

function offerOf(host: HostSnapshot, kind: 'hvm' | 'pv') {
  return levelPool([host])[kind].default
}
