/** Scripts that make shells complete the command line: verbs, options, values that are one of a few, files. */
import { knownReleases, XEN_RELEASES } from '@xenlevel/cpuid'
import type { OptionRow, OptionTable } from '../args.js'

/** The shells. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** One of them. */
export type Shell = (typeof SHELLS)[number]

/** A verb, as far as a shell is concerned. */
export interface CompletedVerb {
  /** Its name, of one word or two. */
  readonly name: string
  /** What it does. */
  readonly summary: string
  /** Its options. */
  readonly options: OptionTable
}

/** The script for a shell. */
export function scriptFor(shell: Shell, verbs: readonly CompletedVerb[]): string {
  return { bash, zsh, fish }[shell](verbs)
}

/** What an option's value may be; null for a file or anything else. */
function valuesOf(row: OptionRow): readonly string[] | null {
  if (row.type === 'boolean') return null
  if (row.choices !== undefined) return row.choices
  if (row.completes === 'release') return [...XEN_RELEASES, knownReleases().at(-1) ?? '']
  return null
}

function firstWords(verbs: readonly CompletedVerb[]): string[] {
  return [...new Set(verbs.map(({ name }) => name.split(' ')[0] ?? name)), 'help']
}

/** The first words that are followed by another, each with those. */
function groupsOf(verbs: readonly CompletedVerb[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const { name } of verbs) {
    const [first = '', second] = name.split(' ')
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second])
  }
  return groups
}

function longOptions(options: OptionTable): string[] {
  return Object.keys(options).map((name) => `--${name}`)
}

function bash(verbs: readonly CompletedVerb[]): string {
  const seconds = [...groupsOf(verbs)].map(
    ([first, words]) => `    ${first}) words='${words.join(' ')}' ;;`,
  )
  const options = verbs.map(
    ({ name, options: table }) => `    '${name}') words='${longOptions(table).join(' ')}' ;;`,
  )
  const values = verbs.flatMap(({ name, options: table }) =>
    Object.entries(table).flatMap(([option, row]) => {
      const found = valuesOf(row)
      return found === null ? [] : [`    '${name} --${option}') words='${found.join(' ')}' ;;`]
    }),
  )
  return `# bash completion for xenlevel
_xenlevel() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} verb words='' at=1
  [ "\${COMP_WORDS[1]}" = help ] && at=2
  verb=\${COMP_WORDS[at]}
  if [ "$COMP_CWORD" -le "$at" ]; then
    [ "$COMP_CWORD" -eq "$at" ] && words='${firstWords(verbs).join(' ')}'
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case $verb in
${seconds.join('\n')}
  esac
  if [ -n "$words" ]; then
    if [ "$COMP_CWORD" -eq $((at + 1)) ]; then
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      return
    fi
    verb="$verb \${COMP_WORDS[at+1]}"
    words=''
  fi
  case "$verb $previous" in
${values.join('\n')}
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case $current in
    -*) ;;
    *)
      COMPREPLY=($(compgen -f -- "$current"))
      return
      ;;
  esac
  case $verb in
${options.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o filenames -F _xenlevel xenlevel
`
}

/** Text in single quotes of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function zsh(verbs: readonly CompletedVerb[]): string {
  const groups = groupsOf(verbs)
  const seconds = [...groups].map(
    ([first, words]) => `    ${first}) seconds=(${words.join(' ')}) ;;`,
  )
  const specs = verbs.map(({ name, options }) => {
    const rows = Object.entries(options).map(
      ([option, row]) => `        ${quoted(zshSpec(option, row))} \\`,
    )
    return `    ${quoted(name)})\n      _arguments \\\n${rows.join('\n')}\n        '*:file:_files'\n      ;;`
  })
  return `#compdef xenlevel
_xenlevel() {
  local -a firsts seconds
  firsts=(${firstWords(verbs).join(' ')})
  if (( CURRENT == 2 )); then
    compadd -a firsts
    return
  fi
  local verb=$words[2]
  case $verb in
${seconds.join('\n')}
  esac
  if (( \${#seconds} )); then
    if (( CURRENT == 3 )); then
      compadd -a seconds
      return
    fi
    verb="$verb $words[3]"
    shift words
    (( CURRENT-- ))
  fi
  shift words
  (( CURRENT-- ))
  case $verb in
${specs.join('\n')}
  esac
}
compdef _xenlevel xenlevel
`
}

function zshSpec(option: string, row: OptionRow): string {
  const help = row.help.replaceAll(/[[\]:\\]/g, '\\$&')
  if (row.type === 'boolean') return `--${option}[${help}]`
  const values = valuesOf(row)
  const action = values === null ? '_files' : `(${values.join(' ')})`
  return `${row.multiple === true ? '*' : ''}--${option}=[${help}]:${row.value}:${action}`
}

function fish(verbs: readonly CompletedVerb[]): string {
  const groups = groupsOf(verbs)
  const lines = [
    '# fish completion for xenlevel',
    'complete -c xenlevel -n __fish_use_subcommand -f',
  ]
  const summaryOf = (word: string) =>
    verbs.find(({ name }) => name === word)?.summary ??
    groups.get(word)?.join(', ') ??
    'how to use a verb'
  for (const word of firstWords(verbs))
    lines.push(
      `complete -c xenlevel -n __fish_use_subcommand -a ${word} -d ${quoted(summaryOf(word))}`,
    )
  for (const [first, seconds] of groups)
    for (const second of seconds) {
      const summary = summaryOf(`${first} ${second}`)
      const condition = `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${seconds.join(' ')}`
      lines.push(
        `complete -c xenlevel -n ${quoted(condition)} -f -a ${second} -d ${quoted(summary)}`,
      )
    }
  for (const { name, options } of verbs) {
    const condition = name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ')
    for (const [option, row] of Object.entries(options)) {
      const values = row.type === 'boolean' ? null : valuesOf(row)
      const takes =
        row.type === 'boolean' ? '' : values === null ? ' -r' : ` -x -a ${quoted(values.join(' '))}`
      const short = row.short === undefined ? '' : ` -s ${row.short}`
      lines.push(
        `complete -c xenlevel -n ${quoted(condition)} -l ${option}${short}${takes} -d ${quoted(row.help)}`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}
