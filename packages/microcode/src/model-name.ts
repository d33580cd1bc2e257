/** CPU models as files of microcode are named by them: family, model and stepping in hex. */
import { cpuSignature } from '@xenlevel/cpuid'

/** `06-9e-0a`. */
export function modelOf(signature: number): string {
  const { family, model, stepping } = cpuSignature(signature)
  return [family, model, stepping].map((part) => part.toString(16).padStart(2, '0')).join('-')
}
