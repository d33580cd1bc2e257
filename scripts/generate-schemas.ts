/**
 * Makes packages/core/schemas, the JSON Schema files of the documents, from their zod schemas.
 *
 *     npm run generate                writes the files
 *     npm run generate -- --check     exits with 1 if they are not what would be written
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cpuPolicySchema, hostSnapshotSchema, poolLevelSchema } from '@xenlevel/core'
import * as z from 'zod'
import { writeOrCheck } from './write-or-check.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const documents = {
  'cpu-policy': cpuPolicySchema,
  'host-snapshot': hostSnapshotSchema,
  'pool-level': poolLevelSchema,
}

const files = Object.fromEntries(
  Object.entries(documents).map(([name, schema]) => [
    `packages/core/schemas/${name}.json`,
    `${JSON.stringify(z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' }), null, 2)}\n`,
  ]),
)
process.exitCode = writeOrCheck(root, files, 'npm run generate')
