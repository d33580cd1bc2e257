/** For tests: hosts read by `xenlevel host import`. */
import { runJson } from '../command.testing.js'

/** What `host import` makes of a text. */
export const importing = async (stdin: string, ...argv: readonly string[]) =>
  await runJson(['host', 'import', ...argv, '-'], { stdin })

/** Its answer. */
interface Imported {
  readonly hosts: readonly { readonly name: string; readonly [key: string]: unknown }[]
  readonly problems: readonly {
    readonly file: string
    readonly line: number | null
    readonly code: string
    readonly message: string
  }[]
}

/** That answer, of a result. */
export const importedOf = ({ document }: { readonly document: unknown }): Imported =>
  JSON.parse(JSON.stringify(document))
/** The names of the hosts that were read. */
export const namesOf = (result: { readonly document: unknown }) =>
  importedOf(result).hosts.map(({ name }) => name)
