/** The names that arrive: what can be written into libvirt's XML so that libxl takes it for the bit that is meant. */
import { featureTable } from '@xenlevel/cpuid'
import { type XlField, xlCpuidNames } from '../../xen/configuration/names.js'
import { libvirtFeatures } from '../libvirt-names.js'
import { WRITTEN_FOR_LIBXL } from '../libvirt-names-table.js'
import { placeOfWord } from './places.js'
import { placeOfField, type RegisterNames, registerNames } from './xl-names.js'

/** Whose names are written: those of libvirt's CPU map alone, or libxl's too. */
export type LibvirtNaming = 'libvirt' | 'libxl'

/** What libvirt's schema lets a feature be called (cputypes.rng, featureName). */
const NAME = /^[a-zA-Z0-9\-_.]+$/

/** Where a bit is, as one number. */
type Spot = number

const spotOf = (place: number, bit: number): Spot => place * 32 + bit

// A cache, not state: one immutable map a release and driver.
const known = /* @__PURE__ */ new Map<string, ReadonlyMap<number, RegisterNames>>()

/**
 * The names by register, for one driver; of a name that arrives as something else, or that the driver keeps for itself, nothing.
 *
 * @param kept - `vmx` or `svm`, where the driver takes it for nested virtualisation.
 */
export function libvirtXlNames(
  release: string,
  kept: string | undefined,
  naming: LibvirtNaming,
): ReadonlyMap<number, RegisterNames> {
  const key = `${release} ${kept} ${naming}`
  const present = known.get(key)
  if (present !== undefined) return present
  const made = buildNames(release, kept, naming)
  known.set(key, made)
  return made
}

function buildNames(
  release: string,
  kept: string | undefined,
  naming: LibvirtNaming,
): ReadonlyMap<number, RegisterNames> {
  const spots = new Map<Spot, string>()
  const offer = (name: string, meant: Spot) => {
    if (name !== kept && arrivesAt(name, release) === meant && !spots.has(meant))
      spots.set(meant, name)
  }
  const places = featureTable(release).words.map(({ source }) => placeOfWord(source))
  for (const { name, bit } of libvirtFeatures()) {
    const place = bit === null ? undefined : places[bit >>> 5]
    if (bit !== null && place !== undefined) offer(name, spotOf(place, bit & 31))
  }
  if (naming === 'libxl')
    for (const [name, field] of xlCpuidNames(release)) if (NAME.test(name)) offer(name, spot(field))
  return byRegister(spots, new Set(places))
}

/** What libxl makes of a name that libvirt's driver hands on; -1 if it is no single bit. */
function arrivesAt(name: string, release: string): Spot {
  const field = xlCpuidNames(release).get(WRITTEN_FOR_LIBXL.get(name) ?? name)
  return field === undefined ? -1 : spot(field)
}

function spot(field: XlField): Spot {
  const place = placeOfField(field)
  return place < 0 || (field.kind !== 'msr' && field.length > 1)
    ? -1
    : spotOf(place, field.bit & 31)
}

function byRegister(
  spots: ReadonlyMap<Spot, string>,
  places: ReadonlySet<number>,
): ReadonlyMap<number, RegisterNames> {
  const registers = new Map<number, Map<number, string>>()
  for (const [at, name] of spots) {
    const place = Math.floor(at / 32)
    if (!places.has(place)) continue
    const names = registers.get(place) ?? new Map<number, string>()
    registers.set(place, names.set(at % 32, name))
  }
  return new Map([...registers].map(([place, names]) => [place, registerNames(names)] as const))
}
