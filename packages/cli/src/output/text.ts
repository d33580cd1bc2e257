/** Text for people: columns, wrapped names, counts. */

/** Rows in columns, text to the left and numbers to the right, two blanks apart. */
export function columns(rows: readonly (readonly (string | number)[])[], indent = '  '): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, cell] of row.entries())
      widths[at] = Math.max(widths[at] ?? 0, String(cell).length)
  }
  return rows.map((row) => {
    const cells = row.map((cell, at) => {
      const width = widths[at] ?? 0
      return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width)
    })
    return `${indent}${cells.join('  ')}`.trimEnd()
  })
}

/** Words in lines of a width. */
export function wrapped(
  words: readonly string[],
  { indent = '    ', width = 80 }: { readonly indent?: string; readonly width?: number } = {},
): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(`${indent}${line}`)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? lines : [...lines, `${indent}${line}`]
}

/** A paragraph in lines of a width. */
export function paragraph(
  text: string,
  options: { readonly indent?: string; readonly width?: number } = {},
): string[] {
  return wrapped(text.split(/\s+/), { indent: '', ...options })
}

/** A number of things: `1 feature`, `2 features`. */
export function count(number: number, thing: string, things = `${thing}s`): string {
  return `${number} ${number === 1 ? thing : things}`
}

/** A 32-bit register or a revision: `0x306f2`. */
export function hex(value: number, digits = 0): string {
  return `0x${(value >>> 0).toString(16).padStart(digits, '0')}`
}

/** Bytes in the unit that people would take: `12.0 KiB`. */
export function bytes(number: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = number
  let at = 0
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024
    at++
  }
  return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`
}
