/** Which releases there are. */

/** Minor releases, each with its newest point release: all from `.0` to that one are known. A new point release is a number here. */
export const declaredReleases = [
  ['4.7', 6],
  ['4.8', 5],
  ['4.9', 4],
  ['4.10', 4],
  ['4.11', 4],
  ['4.12', 4],
  ['4.13', 5],
  ['4.14', 6],
  ['4.15', 7],
  ['4.16', 7],
  ['4.17', 7],
  ['4.18', 6],
  ['4.19', 6],
  ['4.20', 4],
  ['4.21', 2],
  ['4.22', 0],
] as const satisfies readonly (readonly [minor: string, newestPoint: number])[]

/** The release that the declared rows describe: the development tree, commit c447b7308b of August 2026. */
export const developmentRelease = '4.23-dev'
