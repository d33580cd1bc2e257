// tsx serves the main thread alone; a thread has to ask for it before it can run TypeScript.
import { register } from 'tsx/esm/api'

register()
await import('./worker.ts')
