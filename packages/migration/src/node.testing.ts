/** For tests: bytes in pipes of a shell. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'

/** What says where a pipe can be opened that a shell has, with bytes of a file on their way in it. Node's own pipes are sockets. */
const PIPES = {
  'a silent pipe': "sleep 100 | { sh -c 'echo /proc/$PPID/fd/0'; exec sleep 100; }",
  'a silent pipe with a name':
    'rm -f "$0.fifo"; mkfifo "$0.fifo"; echo "$0.fifo"; exec sleep 100 > "$0.fifo"',
  'a pipe': 'cat "$0" | { sh -c \'echo /proc/$PPID/fd/0\'; exec sleep 100; }',
  'a pipe with a name':
    'rm -f "$0.fifo"; mkfifo "$0.fifo"; echo "$0.fifo"; exec cat "$0" > "$0.fifo"',
}

/** Gives bytes to a use of a pipe; they are in a file before. */
export async function throughPipe<Answer>(
  kind: keyof typeof PIPES,
  { path, bytes }: { readonly path: string; readonly bytes: Uint8Array },
  use: (file: string) => Promise<Answer>,
): Promise<Answer> {
  writeFileSync(path, bytes)
  const shell = spawn('sh', ['-c', PIPES[kind], path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const closed = once(shell, 'close')
  const { pid = 0 } = shell
  try {
    const [line = ''] = await once(shell.stdout, 'data')
    return await use(String(line).trim())
  } finally {
    shell.stdout.destroy()
    try {
      // All of the pipeline.
      process.kill(-pid)
    } catch {
      // It is at its end already.
    }
    await closed
  }
}
