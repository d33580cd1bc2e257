/**
 * The documents of `@xenlevel/core` as io-ts codecs, for toolstacks written with fp-ts. Every rule is zod's: this is a bridge, and
 * accepts and refuses exactly what the schemas do. Needs the peers io-ts and fp-ts.
 *
 * @module @xenlevel/core/io-ts
 */
import * as t from 'io-ts'
import * as z from 'zod'
import { cpuPolicySchema } from './documents/policy.js'
import { poolLevelSchema } from './documents/pool-level.js'
import { hostSnapshotSchema } from './documents/snapshot.js'
import { featuresetText, registerText } from './documents/text-forms.js'

/**
 * An io-ts codec of a zod schema: `decode` and `encode` are those of the schema; each of its issues becomes one error, with the path
 * as context.
 *
 * @param schema - any schema that can be run in both directions.
 * @param name - what io-ts calls it.
 */
export function fromZod<Schema extends z.ZodType>(
  schema: Schema,
  name: string,
): t.Type<z.output<Schema>, z.input<Schema>, unknown> {
  const type: t.Type<z.output<Schema>, z.input<Schema>, unknown> = new t.Type(
    name,
    (value): value is z.output<Schema> => encodes(schema, value),
    (input, context) => {
      const result = schema.safeParse(input)
      if (result.success) return t.success(result.data)
      return t.failures(
        result.error.issues.map((issue) => ({
          value: valueAt(input, issue.path),
          context: [...context, ...contextOf(input, issue.path, type)],
          // io-ts's own reporter prints nothing else where there is a message.
          message: [...(issue.path.length === 0 ? [] : [issue.path.join('.')]), issue.message].join(
            ': ',
          ),
        })),
      )
    },
    (value) => z.encode(schema, value),
  )
  return type
}

/** A featureset in its text form: {@link @xenlevel/cpuid!Featureset.parse} and its inverse. */
export const FeaturesetFromText = /* @__PURE__ */ fromZod(featuresetText, 'FeaturesetFromText')

/** A 32-bit register as `'0x000306f2'`. */
export const RegisterFromText = /* @__PURE__ */ fromZod(registerText, 'RegisterFromText')

/** The host snapshot document. */
export const HostSnapshotFromDocument = /* @__PURE__ */ fromZod(
  hostSnapshotSchema,
  'HostSnapshotFromDocument',
)

/** The pool level document. */
export const PoolLevelFromDocument = /* @__PURE__ */ fromZod(
  poolLevelSchema,
  'PoolLevelFromDocument',
)

/** The CPU policy document. */
export const CpuPolicyFromDocument = /* @__PURE__ */ fromZod(
  cpuPolicySchema,
  'CpuPolicyFromDocument',
)

function encodes(schema: z.ZodType, value: unknown): boolean {
  try {
    return z.safeEncode(schema, value).success
  } catch {
    // A value of another kind than the schema's can make its own encoder stumble; then it is not one.
    return false
  }
}

function contextOf(input: unknown, path: readonly PropertyKey[], type: t.Mixed): t.ContextEntry[] {
  return path.map((key, depth) => ({
    key: String(key),
    type,
    actual: valueAt(input, path.slice(0, depth + 1)),
  }))
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined,
    input,
  )
}
