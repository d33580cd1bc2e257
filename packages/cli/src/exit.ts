/** What the command's exit status says. */

/** `yes`: yes, or all is well; `no`: no, or something was found; `failed`: it could not be done; `interrupted`: by Ctrl-C. */
export const EXIT = { yes: 0, no: 1, failed: 2, interrupted: 130 } as const

/** One of them. */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT]
