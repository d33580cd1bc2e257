/** The command run in-process, with files in a folder of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Hypervisor } from '@xenlevel/core'
import { XenUnavailableError } from '@xenlevel/hw-xen'
import { afterAll } from 'vitest'
import type { Files, Io, Output } from './io.js'
import { nodeFiles } from './node-io.js'
import { run } from './run.js'

/** What a run left. */
export interface CommandResult {
  /** The exit status. */
  readonly status: number
  /** Standard output. */
  readonly stdout: string
  /** The same as bytes. */
  readonly bytes: Uint8Array
  /** Standard error. */
  readonly stderr: string
  /** Both as a terminal would show them. */
  readonly both: string
}

/** The world of a run, as far as it is not usual. */
export interface CommandWorld {
  /** What comes by standard input; a terminal by default. */
  readonly stdin?: string | Uint8Array
  /** The working directory. */
  readonly cwd?: string
  /** The environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether both outputs are terminals. */
  readonly tty?: boolean
  /** The Xen of this machine; none by default. */
  readonly xen?: () => Hypervisor
  /** The file system, changed. */
  readonly files?: (usual: Files) => Files
  /** Ends the run. */
  readonly signal?: AbortSignal
}

/** Runs the command. */
export async function runCommand(
  argv: readonly string[],
  world: CommandWorld = {},
): Promise<CommandResult> {
  const both: Uint8Array[] = []
  const [stdout, stderr] = [new Kept(world.tty === true, both), new Kept(world.tty === true, both)]
  const usual = withoutBootId(nodeFiles(world.cwd ?? process.cwd()))
  const io: Io = {
    stdin: {
      isTTY: world.stdin === undefined,
      async *chunks() {
        if (world.stdin !== undefined) yield bytesOf(world.stdin)
      },
    },
    stdout,
    stderr,
    env: world.env ?? {},
    files: world.files?.(usual) ?? usual,
    signal: world.signal ?? new AbortController().signal,
    async openXen() {
      if (world.xen === undefined) throw new XenUnavailableError('device')
      return world.xen()
    },
  }
  const status = await run(argv, io)
  return {
    status,
    stdout: stdout.text(),
    bytes: stdout.bytes(),
    stderr: stderr.text(),
    both: new TextDecoder().decode(Buffer.concat(both)),
  }
}

/** A run whose standard output is a JSON document. */
export async function runJson(
  argv: readonly string[],
  world: CommandWorld = {},
): Promise<CommandResult & { readonly document: Record<string, unknown> }> {
  const result = await runCommand([...argv, '--json'], world)
  const document: Record<string, unknown> = JSON.parse(result.stdout)
  return { ...result, document }
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content
}

class Kept implements Output {
  readonly isTTY: boolean
  readonly columns = 80
  readonly #parts: Uint8Array[] = []
  readonly #both: Uint8Array[]

  constructor(isTTY: boolean, both: Uint8Array[]) {
    this.isTTY = isTTY
    this.#both = both
  }

  write(content: string | Uint8Array): void {
    const bytes = bytesOf(content).slice()
    this.#parts.push(bytes)
    this.#both.push(bytes)
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#parts)
  }

  text(): string {
    return new TextDecoder().decode(this.bytes())
  }
}

/** The machine that tests run on is booted anew at times; tests are about boots that they name. */
export function withBootId(files: Files, id: string | null): Files {
  const path = '/proc/sys/kernel/random/boot_id'
  return {
    ...files,
    kindOf: async (asked) =>
      asked === path ? (id === null ? null : 'file') : await files.kindOf(asked),
    chunks: (asked) => (asked === path ? once(`${id}\n`) : files.chunks(asked)),
  }
}

function withoutBootId(files: Files): Files {
  return withBootId(files, null)
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}

/** A folder for the tests of a file, gone when they are. */
export class Folder {
  /** Where it is. */
  readonly path = mkdtempSync(join(tmpdir(), 'xenlevel-cli-'))

  constructor() {
    afterAll(() => rmSync(this.path, { recursive: true, force: true }))
  }

  /** Writes a file in it. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.path, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
    return path
  }

  /** The text of a file in it. */
  async read(name: string): Promise<string> {
    return await readFile(join(this.path, name), 'utf8')
  }
}
