# Adds up what llvm-cov exported: `SF:file` and `DA:line,count` of its lcov format, then `"filename":"file"` and segments
# `line,column,count,has_count,is_region_entry,is_gap` of its JSON, one a line. Prints what is missed and the shares; with
# check="--check" it exits 1 where a share is below its least value, or nothing was measured.

# Lines from a file's test module on are tests: it is the last thing in the file.
function tests_from(file,    line, number, previous, from) {
  from = 1000000000
  while ((getline line < file) > 0) {
    number++
    if (line ~ /^mod tests \{/ && previous ~ /^#\[cfg\(test\)\]/) from = number - 1
    previous = line
  }
  close(file)
  return from
}

function enter(path) {
  file = path
  if (!(file in limit)) limit[file] = tests_from(file)
  short = substr(file, length(folder) + 1)
}

function share(missed, all) { return all ? 100 * (all - missed) / all : 0 }

/^SF:/ { enter(substr($0, 4)) }

/^DA:/ && $2 < limit[file] {
  lines++
  if ($3 == 0) {
    lines_missed++
    printf "missed line    domain/src/%s:%d\n", short, $2
  }
}

/^"filename"/ { enter($3) }

/^[0-9]/ && $1 < limit[file] && $4 == "true" && $5 == "true" && $6 == "false" {
  regions++
  if ($3 == 0) {
    regions_missed++
    printf "missed region  domain/src/%s:%d:%d\n", short, $1, $2
  }
}

END {
  printf "lines    %7.3f%% of %d, %d missed (at least %s%%)\n", share(lines_missed, lines), lines, lines_missed, lines_min
  printf "regions  %7.3f%% of %d, %d missed (at least %s%%)\n", share(regions_missed, regions), regions, regions_missed, regions_min
  if (check == "--check" && (share(lines_missed, lines) < lines_min || share(regions_missed, regions) < regions_min)) exit 1
}
