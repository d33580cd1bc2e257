import { library, program } from '../../tsup.base.js'

export default [
  library({ bundle: [/^bigint-buffer/] }),
  program({ 'bin/xenlevel-gen': 'src/bin/xenlevel-gen.ts' }, [/^bigint-buffer/]),
]
