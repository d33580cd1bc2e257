/** What the command is given of the world: streams, surroundings, files, and a Xen to ask. Whoever runs it in-process gives their own. */
import type { Hypervisor } from '@xenlevel/core'

/** Where output goes. */
export interface Output {
  /** Whether a person looks at it. */
  readonly isTTY: boolean
  /** Width of the terminal in characters; 80 where there is none. */
  readonly columns: number
  /** Takes the text or the bytes; it may keep them until it can write them. */
  write(content: string | Uint8Array): void
}

/** Where input comes from. */
export interface Input {
  /** Whether a person would have to type it. */
  readonly isTTY: boolean
  /** The bytes, as they come. */
  chunks(): AsyncIterable<Uint8Array>
}

/** What a path leads to. */
type PathKind = 'file' | 'directory' | 'other'

/** The file system, as far as the command uses it. Paths are relative to the working directory or absolute. */
export interface Files {
  /** What is there; null if there is nothing. Links are followed. */
  kindOf(path: string): Promise<PathKind | null>
  /** The path for those who open the file themselves. */
  absolute(path: string): string
  /** The names in a directory, sorted. */
  list(path: string): Promise<readonly string[]>
  /** The bytes of a file, as they come. */
  chunks(path: string): AsyncIterable<Uint8Array>
  /** Puts a file in place as a whole: whoever looks sees the old one or the new one, and never a part. */
  write(path: string, content: Uint8Array | string | AsyncIterable<Uint8Array>): Promise<void>
}

/** The world of one run. */
export interface Io {
  /** Standard input. */
  readonly stdin: Input
  /** Standard output: the answer. */
  readonly stdout: Output
  /** Standard error: what went wrong, and progress. */
  readonly stderr: Output
  /** The environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The file system. */
  readonly files: Files
  /** Ends what is under way, as Ctrl-C does. */
  readonly signal: AbortSignal
  /** The Xen that this machine runs; throws where there is none. */
  openXen(): Promise<Hypervisor>
}
