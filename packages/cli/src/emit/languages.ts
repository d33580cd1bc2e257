/** In which languages a level is written. */

/** The languages. */
export const LANGUAGES = ['xapi', 'xl', 'libvirt', 'qemu', 'json'] as const

/** One of them. */
export type Language = (typeof LANGUAGES)[number]
