/** xl, and guests to save and restore: Debian's own kernel with nothing but a busybox that waits. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CpuPolicy, type Hypervisor } from '@xenlevel/core'

const POLL_MILLISECONDS = 200
const PATIENCE_MILLISECONDS = 150_000

/** Runs xl; what it says against it is the error. */
export function xl(...args: readonly string[]): string {
  return execFileSync('xl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** The file system of a guest, as the kernel reads it. */
function guestArchive(folder: string): string {
  const root = join(folder, 'guest')
  for (const name of ['bin', 'dev', 'proc']) mkdirSync(join(root, name), { recursive: true })
  execFileSync('cp', ['/bin/busybox', join(root, 'bin/busybox')])
  execFileSync('cp', [join(import.meta.dirname, 'guest-init.sh'), join(root, 'init')])
  execFileSync('chmod', ['755', join(root, 'init')])
  const archive = join(folder, 'guest.cpio')
  execFileSync('sh', ['-c', 'find . | cpio -o -H newc >"$1" 2>/dev/null', 'sh', archive], {
    cwd: root,
  })
  return archive
}

/** Starts a guest and waits until its first process is there. */
export async function startGuest(name: string, cpuidLine: string): Promise<number> {
  const folder = '/tmp'
  const archive = join(folder, 'guest.cpio')
  if (!existsSync(archive)) guestArchive(folder)
  const config = join(folder, `${name}.cfg`)
  const lines = [
    `name = "${name}"`,
    'type = "pv"',
    'memory = 112',
    'vcpus = 1',
    `kernel = "${join(import.meta.dirname, 'vmlinux')}"`,
    `ramdisk = "${archive}"`,
    'extra = "console=hvc0 loglevel=3 nokaslr"',
    'on_crash = "preserve"',
    cpuidLine,
  ]
  writeFileSync(config, `${lines.join('\n')}\n`)
  xl('create', '-q', config)
  await until(`guest ${name} is up`, () => {
    const log = `/var/log/xen/console/guest-${name}.log`
    return existsSync(log) && readFileSync(log, 'latin1').includes('guest-is-up')
  })
  return domidOf(name)
}

/** The id of a guest. */
export function domidOf(name: string): number {
  return Number.parseInt(xl('domid', name), 10)
}

/** What the guest has, as the document of a snapshot has it: text for text the same if it is the same. */
export function policyOf(xen: Hypervisor, domid: number): CpuPolicy {
  const { leaves, msrs } = xen.domainPolicy(domid)
  return CpuPolicy.fromRecords(leaves, msrs, { release: xen.release })
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE_MILLISECONDS
  while (!holds()) {
    if (Date.now() > end)
      throw new Error(`${PATIENCE_MILLISECONDS / 1000} seconds, and not: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS))
  }
}
