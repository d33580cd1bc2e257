import { library } from '../../tsup.base.js'

export default library({ bundle: [/^bigint-buffer/] })
