/** The option of every verb that writes what it makes to a file. */

/** `-o FILE`. @param help - what is said of it. */
export function outputOption(help = 'write to a file, which is there as a whole or not at all') {
  return { type: 'string', short: 'o', value: 'FILE', completes: 'file', help } as const
}
