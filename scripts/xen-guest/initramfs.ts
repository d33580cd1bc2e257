/** dom0's file system, in memory: busybox, Node, xl and the drivers of privcmd. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { HarnessError, run, runForBytes } from './shell.js'

/** Drivers in the order in which they need each other. */
const MODULES = [
  'drivers/xen/xen-privcmd',
  'drivers/xen/xenfs/xenfs',
  'drivers/xen/xen-evtchn',
  'drivers/xen/xen-gntdev',
  'drivers/xen/xen-gntalloc',
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci',
  'drivers/block/virtio_blk',
] as const

const FOLDERS = [
  'app bin boot dev etc/xen lib/x86_64-linux-gnu lib64 mod out proc root run sbin sys tmp',
  'usr/bin usr/lib usr/sbin var/lib/xen var/lib/xenstored var/lock var/log/xen',
].flatMap((line) => line.split(' '))

/** Programs of the Xen packages that a dom0 of this kind has no use for. */
const UNUSED = /^(oxenstored|xen-kdd|test-.*|qemu.*|pygrub)$/

/** An archive of the file system that every boot has in common, made once for each state of what goes in. */
export function baseArchive(files: string, cache: string, init: string): string {
  const archive = join(cache, 'dom0.cpio')
  const stamp = join(cache, 'dom0.ready')
  const state = [readFileSync(init, 'utf8'), process.version, statSync(files).mtimeMs].join('\n')
  if (existsSync(archive) && existsSync(stamp) && readFileSync(stamp, 'utf8') === state)
    return archive
  const root = join(cache, 'dom0')
  rmSync(root, { recursive: true, force: true })
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true })
  busybox(files, root)
  drivers(files, root)
  const programs = xenPrograms(files, root)
  copyFileSync(process.execPath, join(root, 'usr/bin/node'))
  libraries([...programs, process.execPath], files, root)
  copyFileSync(init, join(root, 'init'))
  chmodSync(join(root, 'init'), 0o755)
  const texts = {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n',
    'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
    'etc/hostname': 'dom0\n',
    'etc/xen/xl.conf': '',
  }
  for (const [path, text] of Object.entries(texts)) writeFileSync(join(root, path), text)
  writeFileSync(archive, archiveOf(root))
  writeFileSync(stamp, state)
  return archive
}

/** The files of a folder as the kernel reads them. */
export function archiveOf(folder: string): Buffer {
  const names = run('find', ['.'], { cwd: folder })
  return runForBytes('cpio', ['-o', '-H', 'newc', '--quiet', '-R', '0:0'], {
    cwd: folder,
    input: `${names}\n`,
  })
}

function busybox(files: string, root: string): void {
  const program = join(root, 'bin/busybox')
  copyFileSync(join(files, 'bin/busybox'), program)
  for (const name of run(program, ['--list']).split('\n')) {
    if (!existsSync(join(root, 'bin', name))) symlinkSync('busybox', join(root, 'bin', name))
  }
}

function drivers(files: string, root: string): void {
  const below = join(files, 'lib/modules')
  const [version] = readdirSync(below)
  if (version === undefined) throw new HarnessError(`no kernel modules are in ${below}`)
  const order = MODULES.filter((name) => {
    const file = join(below, version, 'kernel', `${name}.ko`)
    // A driver that is no file of its own is part of the kernel.
    if (!existsSync(file)) return false
    copyFileSync(file, join(root, 'mod', basename(file)))
    return true
  })
  writeFileSync(
    join(root, 'mod/order'),
    `${order.map((name) => `/mod/${basename(name)}.ko`).join('\n')}\n`,
  )
}

function xenPrograms(files: string, root: string): string[] {
  const version = 'usr/lib/xen-4.17'
  cpSync(join(files, version), join(root, version), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !UNUSED.test(basename(path)),
  })
  const bin = join(root, version, 'bin')
  for (const name of readdirSync(bin)) {
    if (!existsSync(join(root, 'usr/sbin', name)))
      symlinkSync(`/${version}/bin/${name}`, join(root, 'usr/sbin', name))
  }
  for (const name of ['xenstore-ls', 'xenstore-read', 'xenstore-write']) {
    const from = join(files, 'usr/bin', name)
    if (existsSync(from)) cpSync(from, join(root, 'usr/bin', name), { dereference: true })
  }
  return [
    ...readdirSync(bin).map((name) => join(bin, name)),
    join(root, 'usr/bin/xenstore-ls'),
  ].filter((path) => existsSync(path) && isElf(path))
}

/** Copies what the programs are linked to: the packages' own libraries, else those of this machine. */
function libraries(programs: readonly string[], files: string, root: string): void {
  const own = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib/xen-4.17/lib']
  const env = {
    LD_LIBRARY_PATH: [
      ...own.map((path) => join(files, path)),
      join(files, 'usr/lib/xen-4.17/lib/x86_64-linux-gnu'),
    ].join(':'),
  }
  const missing = new Set<string>()
  for (const program of programs) {
    for (const line of run('ldd', [program], { env }).split('\n')) {
      const [, name = '', path = ''] = /^\s*(\S+)(?: => (\S+|not found))?/.exec(line) ?? []
      if (line.includes('not found')) missing.add(name)
      const from = path.startsWith('/') ? path : name
      if (!from.startsWith('/')) continue
      const to = join(root, name.startsWith('/lib64') ? 'lib64' : 'lib/x86_64-linux-gnu')
      const target = join(to, basename(from))
      if (!existsSync(target)) cpSync(from, target, { dereference: true })
    }
  }
  if (missing.size > 0)
    throw new HarnessError(`no library ${[...missing].join(', ')} for dom0: install it here`)
}

function isElf(path: string): boolean {
  return readFileSync(path).subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'))
}
