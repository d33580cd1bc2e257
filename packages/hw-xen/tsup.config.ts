import { library } from '../../tsup.base.js'

export default library({ entry: ['src/index.ts', 'src/simulated.ts', 'src/conformance.ts'] })
