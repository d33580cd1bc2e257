/** A level in the language of a toolstack. */
import { CpuPolicy, toQemuCpu, toXapiFeatureset } from '@xenlevel/core'
import { type EmitRequest, type Emitted, wantedOf } from './emitted.js'
import type { Language } from './languages.js'
import { emitLibvirt } from './libvirt.js'
import { emitXl } from './xl.js'

/** Writers, by language. */
const WRITERS: Readonly<Record<Language, (request: EmitRequest) => Emitted>> = {
  xl: emitXl,
  libvirt: emitLibvirt,
  xapi: (request) => {
    const wanted = wantedOf(request)
    const featureset = wanted instanceof CpuPolicy ? wanted.featureset : wanted
    const text = `${toXapiFeatureset(featureset)}\n`
    return { language: 'xapi', text, byHost: {}, proved: true, findings: [] }
  },
  qemu: (request) => {
    const { argument, findings } = toQemuCpu(wantedOf(request))
    return { language: 'qemu', text: `${argument}\n`, byHost: {}, proved: true, findings }
  },
  json: ({ level }) => ({
    language: 'json',
    text: `${JSON.stringify(level, null, 2)}\n`,
    byHost: {},
    proved: true,
    findings: [],
  }),
}

/** Writes a level. */
export function emit(language: Language, request: EmitRequest): Emitted {
  return WRITERS[language](request)
}
