/** The boot options that decide about features, a row each: in which releases they are, and what they change. */
import { featureTable, releaseHas } from '@xenlevel/cpuid'
import type { Finding } from '../finding.js'
import type { BootOptionsDraft } from './boot-options.js'
import { SPEC_CTRL_ITEMS, SPEC_CTRL_WITHOUT_EFFECT } from './boot-options-spec-ctrl.js'
import {
  type BootToken,
  booleanValue,
  customValue,
  parseBool,
  parseNamedBoolean,
} from './boot-options-text.js'

/** An option that is followed. */
export interface BootOption {
  /** Its name, without `no-`. */
  readonly name: string
  /** The release that brought it, then the point releases of older branches that have it too. */
  readonly landed: readonly string[]
  /** The first release without it. */
  readonly until?: string
  /** Puts what it says into the draft; returns what of it was not understood or decides nothing. */
  readonly read: (token: BootToken, draft: BootOptionsDraft, release: string) => Finding[]
}

/** Options that decide about features in a way that this library does not follow. */
export interface OtherOption {
  /** Their names. */
  readonly names: readonly string[]
  /** As in {@link BootOption}. */
  readonly landed: readonly string[]
  /** As in {@link BootOption}. */
  readonly until?: string
  /** What they do, as the end of a sentence. */
  readonly effect: string
}

const SINCE_4_7 = ['4.7.0']

function invalid({ text }: BootToken, why: string): Finding {
  return {
    code: 'boot-option-invalid',
    severity: 'warning',
    message: `Xen refuses "${text}" or a part of it: ${why}.`,
  }
}

function withoutEffect(text: string, why: string): Finding {
  return {
    code: 'boot-option-without-effect',
    severity: 'info',
    message: `"${text}" decides nothing about features: ${why}.`,
  }
}

/** The items of a list option, each with the finding that its reader makes of it. */
function items(token: BootToken, read: (item: string) => Finding | null): Finding[] {
  const value = customValue(token)
  if (value === null) return [invalid(token, 'it has both no- and a value')]
  return value.split(',').flatMap((item) => read(item) ?? [])
}

type Switch = 'hap' | 'xsave' | 'pku' | 'lapic'

/** An option of Xen's boolean kind. */
function boolean(name: string, key: Switch, more: { readonly until?: string } = {}): BootOption {
  return {
    name,
    landed: SINCE_4_7,
    ...more,
    read: (token, draft) => {
      const on = booleanValue(token)
      if (on === null) return [invalid(token, 'its value is not a boolean')]
      draft[key] = on
      return []
    },
  }
}

/** `smep=` and `smap=`: a boolean, or `hvm` for "not for Xen itself". */
function supervisorMode(name: 'smep' | 'smap'): BootOption {
  return {
    name,
    landed: SINCE_4_7,
    read: (token, draft) => {
      const value = customValue(token)
      const on = value === '' || value === 'hvm' ? true : parseBool(value ?? '?')
      if (on === null) return [invalid(token, 'its value is neither a boolean nor hvm')]
      draft[name] = on
      return value === 'hvm'
        ? [withoutEffect(token.text, 'Xen does not use it itself, and guests have it all the same')]
        : []
    },
  }
}

/** What `cpuid=` knew by name before Xen made the list from its header (RELEASE-4.12.4, xen/arch/x86/cpuid.c). */
const FIRST_NAMES = [
  'md-clear',
  'ibpb',
  'ibrsb',
  'stibp',
  'l1d-flush',
  'ssbd',
  'srbds-ctrl',
  'rdrand',
  'rdseed',
]

function featureList(
  name: string,
  key: 'cpuid' | 'dom0Cpuid',
  landed: readonly string[],
): BootOption {
  return {
    name,
    landed,
    read: (token, draft, release) => {
      const table = featureTable(release)
      return items(token, (item) => {
        const said = parseNamedBoolean(item)
        const feature = said === null ? undefined : table.feature(said.name)
        const known =
          feature !== undefined &&
          feature.lowerName === said?.name &&
          (releaseHas(release, ['4.13.0']) || FIRST_NAMES.includes(feature.lowerName))
        if (said === null || said.on === null)
          return invalid(token, `"${item}" is neither a feature nor one with no- in front`)
        if (!known) {
          return {
            code: 'boot-option-feature-unknown',
            severity: 'warning',
            message: `Xen ${release} knows no feature ${JSON.stringify(said.name)} in ${name}=; names are as in its cpufeatureset.h, in lower case and with "-".`,
          }
        }
        const stays = key === 'cpuid' && draft.cpuid.get(feature.name) === false
        draft[key].set(feature.name, said.on && !stays)
        return key === 'cpuid' && said.on && feature.name !== 'RDRAND'
          ? withoutEffect(item, 'cpuid= can take features away, and of all can only keep RDRAND')
          : null
      })
    },
  }
}

/** The options that are followed. */
export const BOOT_OPTIONS = /* @__PURE__ */ ((): readonly BootOption[] => [
  featureList('cpuid', 'cpuid', ['4.11.0', '4.10.1', '4.9.2', '4.8.4', '4.7.5']),
  featureList('dom0-cpuid', 'dom0Cpuid', ['4.17.0', '4.16.5', '4.15.5', '4.14.6']),
  {
    name: 'tsx',
    landed: ['4.13.0', '4.12.2', '4.11.3'],
    read: (token, draft) => {
      const on = parseBool(customValue(token) ?? '?')
      if (on === null) return [invalid(token, 'its value is not a boolean')]
      draft.tsx = on ? 1 : 0
      return []
    },
  },
  {
    name: 'spec-ctrl',
    landed: ['4.11.0', '4.10.2', '4.9.3', '4.8.4', '4.7.6'],
    read: (token, draft, release) =>
      items(token, (item) => {
        for (const { landed, read } of SPEC_CTRL_ITEMS)
          if (releaseHas(release, landed) && read(item, draft)) return null
        const name = parseNamedBoolean(item)?.name ?? ''
        return SPEC_CTRL_WITHOUT_EFFECT.includes(name)
          ? withoutEffect(item, 'it is about how Xen protects itself')
          : invalid(token, `"${item}" is no item of spec-ctrl=`)
      }),
  },
  {
    name: 'vpmu',
    landed: SINCE_4_7,
    read: (token, draft, release) =>
      items(token, (item) => {
        const bare = item === '' && !releaseHas(release, ['4.12.0', '4.11.2', '4.10.3'])
        const on = bare ? true : parseBool(item)
        if (on !== null) draft.vpmuMode = on ? 1 : 0
        else if (['bts', 'ipc', 'arch'].includes(item)) draft.vpmuMode = 1
        else return invalid(token, `"${item}" is no item of vpmu=`)
        return null
      }),
  },
  boolean('hap', 'hap'),
  {
    name: 'dom0',
    landed: ['4.13.0'],
    read: (token, draft) =>
      items(token, (item) => {
        const said = parseNamedBoolean(item)
        if (said?.name !== 'cpuid-faulting')
          return withoutEffect(item, 'it is about the hardware domain alone')
        if (said.on === null) return invalid(token, `"${said.value}" is not a boolean`)
        draft.dom0CpuidFaulting = said.on
        return null
      }),
  },
  supervisorMode('smep'),
  supervisorMode('smap'),
  boolean('xsave', 'xsave'),
  boolean('pku', 'pku', { until: '4.18.0' }),
  boolean('lapic', 'lapic'),
  {
    name: 'nolapic',
    landed: SINCE_4_7,
    read: (_token, draft) => {
      draft.lapic = false
      return []
    },
  },
])()

/** Options that matter and are not followed. */
export const OTHER_OPTIONS: readonly OtherOption[] = [
  {
    names: [
      'cpuid_mask_cpu',
      'cpuid_mask_ecx',
      'cpuid_mask_edx',
      'cpuid_mask_ext_ecx',
      'cpuid_mask_ext_edx',
      'cpuid_mask_xsave_eax',
      'cpuid_mask_l7s0_eax',
      'cpuid_mask_l7s0_ebx',
      'cpuid_mask_thermal_ecx',
    ],
    landed: SINCE_4_7,
    until: '4.22.0',
    effect:
      'hides features by mask MSRs where the CPU has them, which is not followed here; use cpuid= instead',
  },
  {
    names: ['ucode'],
    landed: SINCE_4_7,
    effect: 'may load microcode that changes what the CPU says; take the raw policy after it',
  },
  {
    names: ['pv-shim'],
    landed: ['4.11.0'],
    effect: 'makes this Xen a shim for one guest, which has other defaults than a host',
  },
]
