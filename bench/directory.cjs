// Verifies a directory of Intel microcode as its own process: each file read into the same room, as a program that is in a hurry would.
const { closeSync, fstatSync, openSync, readSync, readdirSync } = require('node:fs')
const { join } = require('node:path')
const { verifyMicrocode } = require('../packages/microcode/dist/index.cjs')

const [directory = '.'] = process.argv.slice(2)
let room = Buffer.allocUnsafeSlow(1 << 20)
for (const name of readdirSync(directory)) {
  const file = openSync(join(directory, name), 'r')
  const { size } = fstatSync(file)
  if (size > room.length) room = Buffer.allocUnsafeSlow(2 * size)
  readSync(file, room, 0, size, 0)
  closeSync(file)
  const findings = verifyMicrocode(room.subarray(0, size), { rules: 'xen' })
  if (findings.length > 0) process.exitCode = 1
}
