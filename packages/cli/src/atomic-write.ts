/**
 * Files that are there as a whole or not at all: written beside their place under another name, brought to the disk, and renamed. What
 * was begun and not finished is taken away, on an error and on Ctrl-C.
 */
import { unlinkSync } from 'node:fs'
import { type FileHandle, lstat, open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** What is to be in the file. */
export type FileContent = Uint8Array | string | AsyncIterable<Uint8Array>

/** Writes files, and knows those that are under way. */
export class AtomicWriter {
  readonly #pending = new Set<string>()
  #count = 0

  /** Puts the content in place of the file. Devices and pipes, which cannot be replaced, are written to as they are. */
  async write(path: string, content: FileContent): Promise<void> {
    const target = await resolved(path)
    const mode = await modeOf(target)
    if (mode === 'device') return writeTo(await open(target, 'w'), content)
    const temporary = join(
      dirname(target),
      `.${basename(target)}.${process.pid}-${this.#count++}.tmp`,
    )
    this.#pending.add(temporary)
    try {
      // 0o666 as any new file; the process's umask takes off what it takes off.
      await writeTo(await opened(temporary, path, mode ?? 0o666), content)
      if (mode !== null) await keepMode(temporary, mode)
      await rename(temporary, target)
      await syncDirectory(dirname(target))
    } catch (error) {
      await unlink(temporary).catch(() => undefined)
      throw about(error, path)
    } finally {
      this.#pending.delete(temporary)
    }
  }

  /** Takes away at once what is under way. */
  discard(): void {
    for (const path of this.#pending) {
      try {
        unlinkSync(path)
      } catch {
        // It was renamed or taken away in this moment.
      }
    }
    this.#pending.clear()
  }
}

/** Behind links: the link stays, and what it leads to is replaced. */
async function resolved(path: string): Promise<string> {
  const link = await lstat(path).catch(() => null)
  return link?.isSymbolicLink() ? await realpath(path).catch(() => path) : path
}

/** The permissions of what is there; null if there is nothing. */
async function modeOf(path: string): Promise<number | 'device' | null> {
  const there = await stat(path).catch(() => null)
  if (there === null) return null
  return there.isFile() || there.isDirectory() ? there.mode & 0o7777 : 'device'
}

async function opened(temporary: string, path: string, mode: number): Promise<FileHandle> {
  try {
    return await open(temporary, 'wx', mode)
  } catch (error) {
    throw about(error, path)
  }
}

async function keepMode(temporary: string, mode: number): Promise<void> {
  const handle = await open(temporary, 'r')
  try {
    await handle.chmod(mode)
  } finally {
    await handle.close()
  }
}

async function writeTo(handle: FileHandle, content: FileContent): Promise<void> {
  try {
    if (typeof content === 'string' || content instanceof Uint8Array)
      await handle.writeFile(content)
    else for await (const chunk of content) await handle.writeFile(chunk)
    await handle.sync().catch(unlessUnsyncable)
  } finally {
    await handle.close()
  }
}

/** Pipes and some devices have nothing to sync (fsync(2), EINVAL). */
function unlessUnsyncable(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error
}

/** The new name itself is brought to the disk, where directories can be opened. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => null)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** The error in the name of the file that was asked for, not of the one beside it. */
function about(error: unknown, path: string): unknown {
  if (error instanceof Error && 'syscall' in error) Object.assign(error, { path })
  return error
}
