/**
 * Makes packages/core/schemas and packages/cli/schemas, the JSON Schema files of the documents and of the command's answers, from their
 * zod schemas.
 *
 *     npm run generate                writes the files
 *     npm run generate -- --check     exits with 1 if they are not what would be written
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cpuPolicySchema, hostSnapshotSchema, poolLevelSchema } from '@xenlevel/core'
import * as z from 'zod'
import { jsonSchemas } from '../packages/cli/src/schemas/table.js'
import { writeOrCheck } from './write-or-check.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const documents = {
  'cpu-policy': cpuPolicySchema,
  'host-snapshot': hostSnapshotSchema,
  'pool-level': poolLevelSchema,
}

const ofCore = Object.fromEntries(
  Object.entries(documents).map(([name, schema]) => [
    `packages/core/schemas/${name}.json`,
    `${JSON.stringify(z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' }), null, 2)}\n`,
  ]),
)
const ofCommand = Object.fromEntries(
  Object.entries(jsonSchemas()).map(([name, text]) => [`packages/cli/schemas/${name}.json`, text]),
)
process.exitCode = writeOrCheck(root, { ...ofCore, ...ofCommand }, 'npm run generate')
