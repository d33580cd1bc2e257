/** Boots Xen under QEMU with one CPU model and brings back what dom0 left. */
import { spawn } from 'node:child_process'
import {
  closeSync,
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { archiveOf } from './initramfs.js'
import { HarnessError, run, runForBytes } from './shell.js'

/** What every boot has in common: three files. */
export interface Machine {
  /** The hypervisor, unpacked. */
  readonly xen: string
  /** dom0's kernel, unpacked. */
  readonly kernel: string
  /** dom0's file system. */
  readonly base: string
}

/** One boot. */
export interface Boot {
  /** QEMU's name of the CPU. */
  readonly cpu: string
  /** A folder whose files come to /app; `main.sh` in it is run. */
  readonly app: string
  /** The folder that gets what was left in /out. */
  readonly out: string
  /** How long it may take, in seconds. */
  readonly limit: number
}

/** How a boot went. */
export interface BootResult {
  /** What `main.sh` returned. */
  readonly status: number
  /** What it wrote. */
  readonly output: string
  /** Wall time in seconds. */
  readonly seconds: number
}

/** The disk that takes what is left in /out; it is as large as what is written to it. */
const OUT_BYTES = 2 ** 30

/**
 * smap=hvm and cpuidle=0: the emulator faults on IRET at CPL 3 under SMAP, and on MWAIT. Without them dom0 does not come up.
 */
const XEN_OPTIONS =
  'console=com1 com1=115200,8n1 dom0_mem=1536M,max:1536M loglvl=warning smap=hvm cpuidle=0'

/** Xen and the kernel as QEMU loads them quickest: not packed, which takes the emulator long. */
export function machineOf(files: string, base: string, cache: string): Machine {
  const xen = join(cache, 'xen')
  const kernel = join(cache, 'vmlinux')
  writeFileSync(xen, runForBytes('gzip', ['-dc', join(files, 'boot/xen-4.17-amd64.gz')]))
  const [image] = run('sh', ['-c', `ls ${join(files, 'boot')}/vmlinuz-*`]).split('\n')
  if (image === undefined) throw new HarnessError(`no kernel is in ${files}/boot`)
  const packed = readFileSync(image)
  const start = packed.indexOf(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]))
  if (start < 0) throw new HarnessError(`${image} is not packed with xz`)
  writeFileSync(
    kernel,
    runForBytes('xz', ['-dc', '--single-stream'], { input: packed.subarray(start) }),
  )
  return { xen, kernel, base }
}

/** Boots, runs, and waits for the end. */
export async function boot(machine: Machine, { cpu, app, out, limit }: Boot): Promise<BootResult> {
  const folder = mkdtempSync(join(tmpdir(), 'xenlevel-xen-'))
  const started = process.hrtime.bigint()
  try {
    const overlay = join(folder, 'overlay')
    mkdirSync(overlay)
    cpSync(app, join(overlay, 'app'), { recursive: true, verbatimSymlinks: true })
    const initrd = join(folder, 'initrd.cpio')
    writeFileSync(initrd, readFileSync(machine.base))
    writeFileSync(initrd, archiveOf(overlay), { flag: 'a' })
    const disk = join(folder, 'out.img')
    closeSync(openSync(disk, 'w'))
    truncateSync(disk, OUT_BYTES)
    const console = join(folder, 'console.txt')
    await qemu(qemuArguments(machine, { cpu, initrd, disk, limit }), console, limit)
    rmSync(out, { recursive: true, force: true })
    mkdirSync(out, { recursive: true })
    cpSync(console, join(out, 'console.txt'))
    const said = readFileSync(console, 'latin1')
    if (!said.includes('dom0-done')) {
      const end = said.trimEnd().split('\n').slice(-12).join('\n')
      throw new HarnessError(
        `dom0 on ${cpu} did not come to its end; its console closes with\n${end}`,
      )
    }
    run('tar', ['-xf', disk, '-C', out])
    const text = (name: string) =>
      existsSync(join(out, name)) ? readFileSync(join(out, name), 'utf8') : ''
    return {
      status: Number.parseInt(text('status') || '125', 10),
      output: text('output.txt'),
      seconds: Number(process.hrtime.bigint() - started) / 1e9,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function qemuArguments(
  { xen, kernel }: Machine,
  {
    cpu,
    initrd,
    disk,
    limit,
  }: {
    readonly cpu: string
    readonly initrd: string
    readonly disk: string
    readonly limit: number
  },
): string[] {
  const kernelOptions = `console=hvc0 loglevel=3 panic=1 nokaslr limit=${limit - 20}`
  return [
    ['-accel', 'tcg,tb-size=1024', '-cpu', cpu, '-smp', '1', '-m', '3G'],
    ['-nodefaults', '-nic', 'none', '-display', 'none', '-monitor', 'none', '-no-reboot'],
    ['-serial', 'stdio'],
    ['-drive', `file=${disk},format=raw,if=none,id=out,cache=unsafe`],
    ['-device', 'virtio-blk-pci,drive=out'],
    ['-kernel', xen, '-append', XEN_OPTIONS],
    ['-initrd', `${kernel} ${kernelOptions},${initrd}`],
  ].flat()
}

function qemu(args: readonly string[], console: string, limit: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // Bytes on the serial line are Xen's debug keys, so nothing may come in.
    const child = spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const file = createWriteStream(console)
    child.stdout.pipe(file, { end: false })
    child.stderr.pipe(file, { end: false })
    const timer = setTimeout(() => child.kill('SIGKILL'), limit * 1000)
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(new HarnessError(`QEMU cannot be started: ${error.message}`))
    })
    child.once('close', () => {
      clearTimeout(timer)
      file.end(() => resolve())
    })
  })
}
