/** All mutants. */
import type { Mutant } from './mutant.testing.js'
import { ANSWER_MUTANTS } from './mutants-answers.testing.js'
import { DOMAIN_MUTANTS } from './mutants-domains.testing.js'
import { LIFE_MUTANTS } from './mutants-life.testing.js'

/** Hypervisors that break one promise each, and the cases that have to notice. */
export const MUTANTS: readonly Mutant[] = [...ANSWER_MUTANTS, ...DOMAIN_MUTANTS, ...LIFE_MUTANTS]
