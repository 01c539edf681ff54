# shellcheck shell=sh
# What the person sees: steps with their number, and whole sentences when something is wrong.
# Needs: steps (how many there are), dry_run (yes or no).

step_number=0

step() {
  step_number=$((step_number + 1))
  printf '[%2d/%d] %s\n' "$step_number" "$steps" "$*"
}

note() {
  printf '        %s\n' "$*"
}

fail() {
  printf '\n%s: %s\n' "${program:-install.sh}" "$*" >&2
  exit 2
}

# Does it, or only says what would be done.
run() {
  if [ "$dry_run" = yes ]; then
    note "would run: $*"
  else
    "$@"
  fi
}

# As run, for what may well be impossible on this computer.
try() {
  if [ "$dry_run" = yes ]; then
    note "would run: $*"
  elif ! "$@" >/dev/null 2>&1; then
    note "not possible here: $*"
  fi
}
