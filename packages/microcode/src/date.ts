/** The packed date that updates of both vendors have: decimal digits, year in the low half, then day, then month. */

/** The digits as they stand there, `YYYY-MM-DD`; they need not be a date, nor decimal. */
export function dateText(packed: number): string {
  const hex = packed.toString(16).padStart(8, '0')
  return `${hex.slice(4)}-${hex.slice(0, 2)}-${hex.slice(2, 4)}`
}
