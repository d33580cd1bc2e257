/** xl.cfg's `cpuid=` from what is wanted: the inverse of {@link applyConfig}. */
import { CpuPolicy } from '../../policy/cpu-policy.js'
import type { XlCpuidLanguage } from '../../xen/configuration/parse.js'
import { aimAt } from './aim.js'
import { distance, type Emission, emissionOf } from './emission.js'
import { configured, type EmitOptions } from './forward.js'
import { libxlItems } from './libxl-plan.js'
import { bitsBetween } from './places.js'
import type { Target, WantedCpu } from './target.js'
import { xendItems } from './xend-plan.js'

/** Options of {@link toXlConfig}. */
export interface XlConfigOptions extends EmitOptions {
  /** The language to write; by default libxl's, and xend's where that comes nearer to what is wanted. */
  readonly language?: XlCpuidLanguage
}

/** What to write into xl.cfg. */
export interface XlConfig extends Emission {
  /** The language: libxl's has names and knows bits of MSRs, xend's has every bit of every leaf and no MSR. */
  readonly language: XlCpuidLanguage
  /** The items, as {@link parseXlCpuid} takes them. */
  readonly items: readonly string[]
  /** The line for xl.cfg; empty if nothing has to be written. */
  readonly line: string
}

/**
 * The shortest `cpuid=` that gives a domain what is wanted: as few items as there can be, each by the shortest name that the release takes.
 *
 * It holds for this host and this kind of domain, made without a featureset: what a line does not name is the host's default, and a
 * register that it names falls back to that in all its other bits. What no line can say is in `differences`.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table; {@link @xenlevel/cpuid!XenlevelError} with code
 * `CONFIG_RELEASE` for one before 4.13.
 */
export function toXlConfig(wanted: WantedCpu, options: XlConfigOptions): XlConfig {
  const { host, language } = options
  const release = options.release ?? host.release
  const { target, trial, nearest, features } = aimAt(wanted, options)
  const write = (which: XlCpuidLanguage) =>
    configOf(
      which,
      which === 'libxl'
        ? libxlItems(trial, nearest, features, release)
        : xendItems(trial, nearest, features),
      target,
      options,
    )
  const first = write(language ?? 'libxl')
  // Nothing comes nearer than the nearest that the domain can have.
  if (language !== undefined || bitsBetween(CpuPolicy.peek(first.policy), nearest) === 0)
    return first
  const second = write('xend')
  return distance(second) < distance(first) ? second : first
}

const LANGUAGES = { libxl: "libxl's cpuid=", xend: "xend's cpuid=" } as const

function configOf(
  language: XlCpuidLanguage,
  items: readonly string[],
  target: Target,
  options: EmitOptions,
): XlConfig {
  const result = configured(options, { cpuid: items, language })
  return {
    language,
    items,
    line: lineOf(language, items),
    ...emissionOf(target, result, LANGUAGES[language]),
  }
}

function lineOf(language: XlCpuidLanguage, items: readonly string[]): string {
  if (items.length === 0) return ''
  return language === 'libxl'
    ? `cpuid="${['host', ...items].join(',')}"`
    : `cpuid=[${items.map((item) => `"${item}"`).join(',')}]`
}
