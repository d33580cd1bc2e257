/** Microcode files: read, judge, choose, plan, and the late-load rendezvous. */
export {
  parseUcodeOption,
  type UcodeOption,
  type UcodeOptionCode,
  type UcodeOptionContext,
  type UcodeOptionFinding,
} from './option.js'
export { UcodeReleaseError } from './option-rules.js'
