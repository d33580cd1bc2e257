/** What comes from Debian: the programs that the harness needs, and the parts of a dom0 with Xen 4.17. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HarnessError, isInstalled, run } from './shell.js'

/** Programs by the package that has them. */
const TOOLS = {
  'qemu-system-x86_64': 'qemu-system-x86',
  cpio: 'cpio',
  xz: 'xz-utils',
  dpkg: 'dpkg',
  ldd: 'libc-bin',
} as const

/** What a dom0 is made of, beside the kernel; the libraries are those that xl and its helpers are linked to. */
const PARTS = [
  'busybox-static',
  'xen-hypervisor-4.17-amd64',
  'xen-utils-4.17',
  'xen-utils-common',
  'xenstore-utils',
  'libfdt1',
  'liblzo2-2',
  'libnl-3-200',
  'libnl-route-3-200',
  'libxencall1',
  'libxendevicemodel1',
  'libxenevtchn1',
  'libxenforeignmemory1',
  'libxengnttab1',
  'libxenhypfs1',
  'libxenmisc4.17',
  'libxenstore4',
  'libxentoolcore1',
  'libxentoollog1',
  'libyajl2',
] as const

/** Installs the programs that are missing. */
export function installTools(): void {
  const missing = Object.entries(TOOLS).filter(([program]) => !isInstalled(program))
  if (missing.length === 0) return
  const packages = missing.map(([, name]) => name)
  const advice = `install ${packages.join(', ')}, then run the same command again`
  if (!isInstalled('apt-get'))
    throw new HarnessError(`this is no Debian, so nothing can be installed here: ${advice}`)
  if (process.getuid?.() !== 0)
    throw new HarnessError(`only root can install what is missing: ${advice}`)
  try {
    run('apt-get', ['update', '-qq'])
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    })
  } catch (error) {
    const why = error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)
    throw new HarnessError(`QEMU and its helpers cannot be installed (${why}): ${advice}`)
  }
}

/** Downloads and unpacks the packages of dom0 once; answers the folder that holds their files. */
export function unpackedParts(cache: string): string {
  const downloads = join(cache, 'debs')
  const files = join(cache, 'files')
  const stamp = join(cache, 'files.ready')
  const kernel = kernelPackage()
  const wanted = `${[kernel, ...PARTS].join('\n')}\n`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return files
  rmSync(files, { recursive: true, force: true })
  rmSync(downloads, { recursive: true, force: true })
  mkdirSync(downloads, { recursive: true })
  mkdirSync(files, { recursive: true })
  // apt's own sandbox user cannot write below a home folder.
  run('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', kernel, ...PARTS], {
    cwd: downloads,
  })
  for (const name of readdirSync(downloads)) run('dpkg', ['-x', join(downloads, name), files])
  writeFileSync(stamp, wanted)
  return files
}

/** The package that Debian's newest kernel of this release is in. */
function kernelPackage(): string {
  const found = () =>
    /Depends: (linux-image-\S+)/.exec(run('apt-cache', ['depends', 'linux-image-amd64']))?.[1]
  let kernel: string | undefined
  try {
    kernel = found()
  } catch {
    run('apt-get', ['update', '-qq'])
    kernel = found()
  }
  if (kernel === undefined)
    throw new HarnessError('apt knows no linux-image-amd64: its lists are no Debian’s')
  return kernel
}
