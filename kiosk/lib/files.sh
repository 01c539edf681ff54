# shellcheck shell=sh
# Files below system/ are installed at the same place of the computer; those below defaults/ only
# where there is none yet, because people change them.

record=/opt/bacs/installed

files_below() {
  (cd "$1" && find . -type f ! -name '*.new' | sort | sed 's,^\.,,')
}

# Programs are known by their first line: sticks keep no marks of their own.
mode_of() {
  case $(head -c 2 "$1") in
    '#!') echo 0755 ;;
    *) echo 0644 ;;
  esac
}

# Whole or not at all, also when the power fails.
put_file() {
  mkdir -p "$(dirname "$2")"
  install -m "$(mode_of "$1")" "$1" "$2.new"
  mv -f "$2.new" "$2"
}

install_files() {
  written=0
  for file in $(files_below "$here/system"); do
    if ! cmp -s "$here/system$file" "$file"; then
      written=$((written + 1))
      [ "$dry_run" = no ] || note "would write: $file"
      [ "$dry_run" = yes ] || put_file "$here/system$file" "$file"
    fi
  done
  for file in $(files_below "$here/defaults"); do
    if [ ! -e "$file" ]; then
      written=$((written + 1))
      [ "$dry_run" = no ] || note "would write: $file"
      [ "$dry_run" = yes ] || put_file "$here/defaults$file" "$file"
    fi
  done
  note "$written files are new or changed"
  [ "$dry_run" = yes ] || forget_old_files
}

# What an older release has installed and this one does not have is removed.
forget_old_files() {
  if [ -e "$record" ]; then
    while read -r file; do
      [ -e "$here/system$file" ] || rm -f "$file"
    done <"$record"
  fi
  mkdir -p "$(dirname "$record")"
  files_below "$here/system" >"$record.new"
  mv -f "$record.new" "$record"
}

# Only root and the engine: the site file may name secrets.
protect_settings() {
  chgrp bacs /etc/bacs
  chmod 0755 /etc/bacs
}
