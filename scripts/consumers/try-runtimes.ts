/** Every program, in every form, on every runtime. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attempt, type Cell, must, type Place, untried } from './cells.js'
import { FORMS, type Form, mainOf, type Program, scriptOf } from './programs.js'
import type { FoundRuntime } from './runtimes.js'
import { inParallel, lastLines, run } from './shell.js'

/** One cell on a runtime, to be tried if there is that runtime. */
export function trialOn(
  { runtime, program, why }: FoundRuntime,
  place: Omit<Place, 'column'>,
  trial: (program: string) => Promise<void>,
): () => Promise<Cell> {
  const whole = { ...place, column: runtime.name }
  return program === null
    ? async () => untried(whole, why)
    : () => attempt(whole, () => trial(program))
}

/** The cells of one program that is installed in a folder. */
export async function tryProgram(
  program: Program,
  folder: string,
  runtimes: readonly FoundRuntime[],
): Promise<readonly Cell[]> {
  const expected = JSON.stringify({ ...(await program.answers()), ...program.inConsumers })
  const trials = FORMS.flatMap((form) => {
    const main = write(program, form, folder)
    const rights = program.rights ?? form.rights
    const place = { table: 'Runtimes', row: `${program.subject}, ${form.form}` }
    return runtimes.map((found) =>
      trialOn(found, place, async (path) => {
        const { args, env = {} } = found.runtime
        const ran = await run(path, [...args(rights), main], { cwd: folder, env })
        must(ran.status === 0, lastLines(ran))
        // Nothing is printed but the answer, neither by the packages nor by the runtime about them.
        must(ran.stderr === '', `says ${ran.stderr.trim()}`)
        must(ran.stdout === `${expected}\n`, `answers ${ran.stdout.trim()} instead of ${expected}`)
      }),
    )
  })
  return inParallel(trials)
}

function write(program: Program, form: Form, folder: string): string {
  writeFileSync(join(folder, `${program.file}.${form.ending}`), scriptOf(program, form))
  const main = join(folder, `main-${program.file}.${form.ending}`)
  writeFileSync(main, mainOf(program, form))
  return main
}
