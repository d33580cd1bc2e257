/** Levelling hosts that come one by one, or part by part: what {@link levelPool} does, in memory that does not grow with the hosts. */
import { featureTable } from '@xenlevel/cpuid'
import { type HostSnapshot, parseHostSnapshot } from '../documents/snapshot.js'
import { SnapshotTexts } from '../documents/snapshot-texts.js'
import { differentPurposes, FoldedLevel, partsOf } from './folded-level.js'
import type { LevelKind } from './groups/host-group.js'
import { HostGroups, type Model } from './groups/host-groups.js'
import { kindsOf, shapeOfHost } from './groups/of-host.js'
import type { LevelPurpose } from './groups/settle.js'
import type { LevelOptions, PoolLevel } from './level.js'
import { WholePools } from './whole/whole-pools.js'

/**
 * Folds hosts into a level: {@link PoolLeveller.add} or {@link PoolLeveller.addText} for each, {@link PoolLeveller.merge} for the
 * hosts of another leveller or of a level that was kept, {@link PoolLeveller.level} at the end or in between.
 *
 * Neither the order of the hosts nor how they were parted matters. Up to 4,096 hosts are known by all their names; of more, the first 16
 * names of each group of hosts are kept, and a name that comes twice is no longer noticed.
 */
export class PoolLeveller {
  readonly #purpose: LevelPurpose
  readonly #groups = new HostGroups()
  readonly #lines = new SnapshotTexts<KnownHost>()
  #wholes = new WholePools()
  #generation = 0

  /** @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table. */
  constructor({ release, method = 'xenserver' }: LevelOptions = {}) {
    const asked = release === undefined ? null : featureTable(release)
    this.#purpose = { asked, method }
  }

  /** How many hosts there are. */
  get count(): number {
    return this.#groups.count
  }

  /**
   * Adds one host.
   *
   * @throws {@link PoolError} for a name that is known to be there already, and where a release has to be asked for; nothing is added then.
   */
  add(host: HostSnapshot): void {
    const shape = shapeOfHost(host, this.#purpose.asked)
    this.#groups.add(host.name, this.#groups.model(shape))
    this.#count(host.name, { kinds: kindsOf(shape), snapshot: host })
  }

  /**
   * Adds the host of a JSON text. Texts that differ only in what no level depends on are read once, so this is many times faster than
   * to read each and add it.
   *
   * @param source - how an error should call the document: a file and a line.
   * @throws {@link SnapshotError} for a text that is no host snapshot; {@link PoolError} as {@link PoolLeveller.add}. Nothing is added then.
   */
  addText(text: string, source?: string): void {
    if (this.#groups.generation !== this.#generation) {
      this.#lines.clear()
      this.#generation = this.#groups.generation
    }
    const known = this.#lines.find(text)
    // A host with policies is kept whole, as long as all are.
    if (known !== undefined && (known.value.snapshot === null || !this.#wholes.isComplete)) {
      this.#groups.add(known.name, known.value.model)
      this.#count(known.name, known.value)
      return
    }
    const host = parseHostSnapshot(text, source)
    this.add(host)
    if (this.#groups.generation !== this.#generation) return
    this.#lines.learn(text, () => {
      const shape = shapeOfHost(host, this.#purpose.asked)
      return {
        model: this.#groups.model(shape),
        kinds: kindsOf(shape),
        snapshot: withPolicies(host),
      }
    })
  }

  /**
   * Adds the hosts of another leveller, or of a level, which stays as it is.
   *
   * @throws {@link PoolError} if that was made with other options, or for a name that is known to be in both; nothing is added then.
   */
  merge(other: PoolLeveller | PoolLevel): void {
    const { purpose, groups, wholes } =
      other instanceof PoolLeveller
        ? { purpose: other.#purpose, groups: other.#groups.groups(), wholes: other.#wholes }
        : partsOf(other)
    const own = this.#purpose
    if (own.method !== purpose.method || own.asked !== purpose.asked)
      throw differentPurposes(own, purpose)
    this.#groups.join(groups)
    this.#wholes = this.#wholes.with(wholes, this.count)
  }

  /**
   * The level of all hosts so far; more may be added afterwards, for another.
   *
   * @throws {@link PoolError} without hosts.
   */
  level(): PoolLevel {
    return new FoldedLevel({
      purpose: this.#purpose,
      groups: this.#groups.groups(),
      wholes: this.#wholes.copy(),
    })
  }

  #count(name: string, { kinds, snapshot }: Pick<KnownHost, 'kinds' | 'snapshot'>): void {
    if (!this.#wholes.isComplete) return
    const kept = snapshot === null ? null : withPolicies(snapshot)
    this.#wholes.add({ name, kinds, snapshot: kept }, this.count)
  }
}

/** What is known of a text, but for the name. */
interface KnownHost {
  readonly model: Model
  readonly kinds: readonly LevelKind[]
  /** Null if it has no policies. */
  readonly snapshot: HostSnapshot | null
}

/** The snapshot, if it has policies: without them nothing of it is needed any more. */
function withPolicies(host: HostSnapshot): HostSnapshot | null {
  return host.policies === undefined ? null : host
}
