# The program of a boot, in dom0: each line of `steps` is a program beside this one.
set -e
while read -r step; do
  echo "== $step"
  # shellcheck disable=SC2086
  case $step in *.js*) node $step ;; *) sh $step ;; esac
done <steps
