/** libvirt's answer to the same question, timed through its own command where that is installed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { libvirtNamesOf } from '@xenlevel/core'
import type { Featureset } from '@xenlevel/cpuid'
import type { Measured } from './operation.js'

const TURNS = 9

/** The baseline of CPUs with these features; the start of the command itself is measured apart and taken off. Null without virsh. */
export function libvirtBaseline(sets: readonly Featureset[]): Measured | null {
  const version = /libvirt (\S+)/.exec(virsh(['version'])?.output ?? '')?.[1]
  if (version === undefined) return null
  const folder = mkdtempSync(join(tmpdir(), 'xenlevel-bench-'))
  try {
    const file = join(folder, 'cpus.xml')
    writeFileSync(file, sets.map(cpuXml).join('\n'))
    const idle = median(() => virsh(['version'])?.nanoseconds)
    const whole = median(() => virsh(['cpu-baseline', file])?.nanoseconds)
    return idle === null || whole === null
      ? null
      : { name: `libvirt ${version}, without its start`, nanoseconds: whole - idle }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function virsh(args: readonly string[]): { output: string; nanoseconds: number } | null {
  const start = process.hrtime.bigint()
  const { status, stdout } = spawnSync('virsh', ['-c', 'test:///default', ...args], {
    encoding: 'utf8',
  })
  const nanoseconds = Number(process.hrtime.bigint() - start)
  return status === 0 ? { output: stdout, nanoseconds } : null
}

function median(measure: () => number | undefined): number | null {
  const times: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    const time = measure()
    if (time === undefined) return null
    times.push(time)
  }
  return times.sort((a, b) => a - b)[Math.floor(TURNS / 2)] ?? null
}

function cpuXml(set: Featureset): string {
  const features = libvirtNamesOf(set).names.map((name) => `<feature name='${name}'/>`)
  return `<cpu><arch>x86_64</arch><model>qemu64</model><vendor>Intel</vendor>${features.join('')}</cpu>`
}
