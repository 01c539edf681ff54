# shellcheck shell=sh
# Files below system/ are installed at the same place of the computer; those below defaults/ only
# where there is none yet, because people change them.

record=/opt/bacs/installed
# Stands while an installation is under way; one that broke off is known by it.
unfinished=/opt/bacs/unfinished

# The files of the bundle below one of its folders. What somebody's computer has left on the stick
# (._names, thumbnails) is in no list of checksums and goes nowhere.
files_below() {
  if [ -e "$here/SHA256SUMS" ]; then
    sed -n "s,^[0-9a-f]\{64\}  \./$1\(/.*\)\$,\1,p" "$here/SHA256SUMS" | sort
  else
    (cd "$here/$1" && find . -type f | sort | sed 's,^\.,,')
  fi
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
  [ "$dry_run" = yes ] || remember_files
  for file in $(files_below system); do
    if ! cmp -s "$here/system$file" "$file"; then
      written=$((written + 1))
      [ "$dry_run" = no ] || note "would write: $file"
      [ "$dry_run" = yes ] || put_file "$here/system$file" "$file"
    fi
  done
  for file in $(files_below defaults); do
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
  while read -r file; do
    [ -e "$here/system$file" ] || rm -f "$file"
  done <"$record"
  files_below system >"$record.new"
  mv -f "$record.new" "$record"
}

# Before the first of them is written: what breaks off here can be taken back all the same.
remember_files() {
  {
    if [ -e "$record" ]; then cat "$record"; fi
    files_below system
  } | sort -u >"$record.new"
  mv -f "$record.new" "$record"
}

begin_changes() {
  broke_off=no
  [ ! -e "$unfinished" ] || broke_off=yes
  mkdir -p /opt/bacs
  : >"$unfinished"
}

# Whoever reads that it is installed may switch the computer off at once.
end_changes() {
  rm -f "$unfinished"
  sync
}

# Only root and the engine: the site file may name secrets.
protect_settings() {
  chgrp bacs /etc/bacs
  chmod 0750 /etc/bacs
}
