/** Runs in dom0: restores what was saved on another host, and writes down what the guests have now. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatCpuPolicy } from '@xenlevel/core'
import { openXen } from '@xenlevel/hw-xen'
import { domidOf, policyOf, xl } from './xl.js'

const [from = '', out = '/out'] = process.argv.slice(2)
const xen = openXen()
const written: Record<string, unknown> = {}
for (const name of ['usual', 'levelled']) {
  xl('restore', join(from, `${name}.save`))
  written[name] = JSON.parse(formatCpuPolicy(policyOf(xen, domidOf(name))))
  xl('destroy', name)
}
xen.close()
writeFileSync(join(out, 'restored.json'), `${JSON.stringify(written, null, 1)}\n`)
