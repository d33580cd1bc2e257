/** Runs in dom0: the suite on the real Xen, and the interview. Leaves both in the folder that it is given. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openXen } from '@xenlevel/hw-xen'
import { runConformance } from '@xenlevel/hw-xen/conformance'
import { interview } from './interview.js'

const [folder = '/out'] = process.argv.slice(2)
const write = (name: string, value: unknown) =>
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 1)}\n`)

const xen = openXen()
const { extra, commandLine } = xen.version()
write('answers.json', { extra, commandLine, answers: await interview(xen) })
xen.close()

const { passed, failed, skipped } = await runConformance(() => openXen())
write('conformance.json', {
  passed,
  skipped,
  failed: failed.map(({ name, error }) => ({ name, message: `${error.name}: ${error.message}` })),
})
