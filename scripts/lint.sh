#!/usr/bin/env bash
# The checks of `make lint`. All checks run, even after one failed; the exit status is 1 if any failed.
set -uo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

readonly MAIN_LINES=50 FILE_LINES=400 CHAT_CLIENT_LINES=165
readonly MODULES=(. e2e/bench e2e/page)
readonly TOOLS=$PWD/scripts/tools.mod
status=0

complain() {
	printf '%s\n' "$*" >&2
	status=1
}

has() { command -v "$1" >/dev/null 2>&1; }

# tool NAME ARGS...: a linter at the version that scripts/tools.mod pins.
# shellcheck disable=SC2317 # in_modules calls it, too
tool() { go tool -modfile="$TOOLS" "$@"; }

# in_modules COMMAND ARGS...: in each module of the repository.
in_modules() {
	local dir
	for dir in "${MODULES[@]}"; do
		(cd "$dir" && "$@") || status=1
	done
}

# Go files of the project, and only those that match the patterns given to find.
go_files() { find . -name '*.go' "$@" -not -path './.*' | sed 's,^\./,,' | LC_ALL=C sort; }

check_format() {
	local found
	found=$(go_files | xargs -r go tool -modfile="$TOOLS" gofumpt -l) || complain "gofumpt did not run"
	[ -z "$found" ] || complain "not formatted, run 'make fmt':"$'\n'"$found"
}

check_vet() { in_modules go vet ./...; }

# The programs, their tests and the scenarios must build on macOS, which students use. The bench is for Linux only.
check_mac() { GOOS=darwin go vet ./services/... ./lab/... ./e2e/... || status=1; }

check_static() { in_modules tool staticcheck ./...; }

# bounded SECONDS COMMAND...; macOS has no timeout.
bounded() { if has timeout; then timeout "$@"; else "${@:2}"; fi; }

# If the database's host is unknown this fails at once; if a firewall drops packets it fails at the time limit.
check_vulnerabilities() {
	local dir
	for dir in "${MODULES[@]}"; do
		check_vulnerabilities_in "$dir" || return
	done
}

check_vulnerabilities_in() {
	local out code=0
	out=$(cd "$1" && bounded 120 go tool -modfile="$TOOLS" govulncheck ./... 2>&1) || code=$?
	if [ "$code" = 0 ]; then return; fi
	if [ "$code" = 124 ] || [[ $out == *'fetching vulnerabilities'* ]]; then
		echo "lint: govulncheck left out: its database is not reachable"
		return 1
	fi
	complain "$out"
}

check_shell() {
	local script scripts=(scripts/*.sh .ci/run)
	for script in "${scripts[@]}"; do
		bash -n "$script" || status=1
	done
	if ! has shellcheck; then
		echo "lint: shellcheck left out: not installed (apt-get install shellcheck)"
		return
	fi
	shellcheck -x "${scripts[@]}" || status=1
}

# Checks the programs in other languages whose compilers are installed; PEERLAB_REQUIRE=gcc,python3 makes a missing one an error.
check_foreign() {
	local file lines
	for file in e2e/foreign/* e2e/foreign/asassigned/* e2e/foreign/asassigned/*/*; do
		case $file in
		*.py) installed python3 && { python3 -c 'import sys; compile(open(sys.argv[1]).read(), sys.argv[1], "exec")' "$file" || status=1; } ;;
		*.java) installed javac && { mkdir -p bin/foreign && javac -Xlint -Werror -d bin/foreign "$file" || status=1; } ;;
		*.c) installed gcc && { gcc @e2e/foreign/cflags -fsyntax-only "$file" || status=1; } ;;
		esac
	done
	lines=$(grep -cvE '^ *(#.*|""".*""")?$' e2e/foreign/chat_client.py)
	[ "$lines" -lt "$CHAT_CLIENT_LINES" ] || complain "e2e/foreign/chat_client.py: $lines lines of code, under $CHAT_CLIENT_LINES are promised"
}

installed() {
	if has "$1"; then return; fi
	if [[ ,${PEERLAB_REQUIRE:-}, == *,$1,* ]]; then
		complain "$1 is not installed, and PEERLAB_REQUIRE names it"
	elif [[ $left_out != *" $1 "* ]]; then
		left_out+=" $1 "
		echo "lint: the $1 programs of e2e/foreign left out: $1 is not installed (apt-get install $1)"
	fi
	return 1
}
left_out=

# A test that waits for time instead of for a line is slow on a fast machine and fails on a slow one. In e2e a bare
# <-time.After is equivalent; unit tests may use it, in a synctest bubble, where time costs nothing.
check_sleep() {
	forbid_wait 'time\.Sleep' < <(go_files '(' -path './e2e/*' -o -name '*_test.go' ')')
	forbid_wait '^[[:space:]]*<-time\.After\(' < <(go_files -path './e2e/*')
}

# forbid_wait PATTERN, in the files that standard input names; comments may have it.
forbid_wait() {
	local file line
	while read -r file; do
		while IFS=: read -r line _; do
			complain "$file:$line: a sleep in a test: wait for the line, the state or the error that you mean"
		done < <(grep -nE "$1" "$file" | grep -vE '^[0-9]+:[[:space:]]*//')
	done
}

# Imports go one way: cmd, systems, internal; e2e, lab. No system imports another, and the scenarios and the lab import none.
check_imports() {
	# shellcheck disable=SC2016 # $p is the template's
	local each='{{$p := .ImportPath}}{{range .KIND}}{{$p}} {{.}} KIND{{"\n"}}{{end}}'
	local format=${each//KIND/Imports}${each//KIND/TestImports}${each//KIND/XTestImports}
	local from to kind
	while read -r from to kind; do
		case $kind in *TestImports) test_may_import "${from#peerlab/}" "${to#peerlab/}" && continue ;; esac
		may_import "${from#peerlab/}" "${to#peerlab/}" || complain "$from imports $to: imports run cmd -> system -> internal and e2e -> lab, and these two import no service"
	done < <(in_modules go list -e -f "$format" ./... | grep ' peerlab/' | sort -u)
}

# test_may_import FROM TO: what tests import besides. Tests of the chat are judged by the checker of the scenarios, so that
# the guarantees are written down once, and prove that what the fuzzing member sends are messages. Tests of TLS use the
# certificates that users have.
test_may_import() { [[ $1/ == services/chat/* && $2 =~ ^e2e/(checker|fuzzer)$ || $1 == services/* && $2 == lab/certs ]]; }

# may_import FROM TO, both within the module.
may_import() {
	case $1:$2 in
	services/*:services/internal/*) true ;;
	services/internal/*) false ;;
	services/*:services/cmd/*) false ;;
	services/cmd/*:services/*) true ;;
	services/*:services/*) [ "$(cut -d/ -f2 <<<"$1")" = "$(cut -d/ -f2 <<<"$2")" ] ;;
	lab:lab/cmd/* | lab:lab/grade*) false ;;
	lab:lab/console | lab:lab/diagram) false ;;
	lab/wire*:lab | lab/network*:lab | lab/event*:lab) false ;;
	lab/diagram:lab/event | lab/diagram:lab/visible) true ;; # a record is all that a picture is made of
	lab/diagram:* | lab/visible:* | lab/grade*:lab/evidence) false ;;
	lab*:lab*) true ;;
	e2e*:e2e* | e2e*:lab*) true ;;
	*) false ;;
	esac
}

check_length() {
	local file lines
	while read -r file; do
		lines=$(wc -l <"$file")
		[[ $file != services/cmd/*/main.go ]] || [ "$lines" -le "$MAIN_LINES" ] ||
			complain "$file: $lines lines, at most $MAIN_LINES: main is flags and one call, the rest belongs in the system's package"
		[ "$lines" -le "$FILE_LINES" ] || complain "$file: $lines lines, at most $FILE_LINES: one file a concept"
	done < <(go_files)
}

# prose lists patterns that plain technical English does not need; CONTRIBUTING.md says how to write. The Go standard library's
# net, bufio, context and slog have each of them three times or less.
prose=(
	'^[[:space:]]*(//|#)?[[:space:]]*(Who|Whoever|Whatever|What) [a-z]+' # a sentence's subject is a noun
	'\b([Nn]obody|[Ss]omebody|[Ee]verybody|[Ww]hoever)\b'              # no client, another peer, the caller
	'\b([Tt]akes?|[Tt]ook|[Tt]aken|[Tt]aking) in\b'                   # receive, record, parse
	'\b(all the same|for the while|in good order|anew|com(es?|ing) to nothing|as ever|be it|to be had|worth while)\b'
	'^[[:space:]]*// \w+ has (the |a |every |all |what |no )' # X makes, X queues, X starts
	'is (called|made) with \w+(\.\w+)?\.mu held'            # the Locked suffix says it
	'^func Test\w*(Nobody|Somebody|Everybody|Whoever|Whatever|AllTheSame)'
)

# check_prose reads comments, docs, manuals, scripts, log and error texts. It leaves out texts by others (files/), this list, and
# what is still to be rewritten: parts of e2e, and docs/benchmarks.md, which e2e/bench writes.
check_prose() {
	local pattern found
	for pattern in "${prose[@]}" ; do
		found=$(prose_files | xargs -0 grep -nE -- "$pattern") || continue
		complain "plain English, see CONTRIBUTING.md ($pattern):"$'\n'"$found"
	done
	found=$(grep -nE '\b[Oo]urs\b' docs/*.md | grep -v '^docs/benchmarks\.md') || return 0
	complain "docs say 'this implementation':"$'\n'"$found"
}

prose_files() {
	git ls-files -z '*.go' '*.md' '*.sh' '*.txt' Makefile Dockerfile compose.yaml compose.swarm.yaml .ci/run |
		grep -zvE '^(files|e2e/(bench|checker|lab))/|^docs/benchmarks\.md$|^scripts/lint\.sh$'
}

# check_docs: the scenarios that the docs name exist, and so do the files that they link to.
check_docs() {
	local name file link
	while read -r name; do
		grep -rqE "^func $name" --include='*_test.go' e2e services lab || complain "docs name $name, and there is no such test"
	done < <(grep -hoE '\bTest[A-Z][A-Za-z0-9]+' docs/assignments.md docs/architecture.md README.md | sort -u)
	while IFS=: read -r file link; do
		link=${link#*](} link=${link%%[)#]*}
		[ -z "$link" ] || [ -e "$(dirname "$file")/$link" ] || complain "$file links to $link, which does not exist"
	done < <(grep -oE '\]\([^):]*\)' ./*.md docs/*.md)
}

# check_files: the repository holds no symbolic link, and no binary file but pictures.
check_files() {
	local file
	while read -r file; do
		complain "$file is a symbolic link: clones on Windows cannot have it"
	done < <(git ls-files -s | awk '$1 == 120000' | cut -f 2)
	while read -r file; do
		case $file in
		*.png | *.jpg | *.gif | */testdata/*) ;;
		*) complain "$file is a binary file" ;;
		esac
	done < <(git ls-files --eol | awk '$1 == "i/-text"' | cut -f 2)
}

# check_vendored: the page's terminal is as npm has it.
check_vendored() {
	! has sha256sum || (cd lab/console/web/xterm && sha256sum --quiet -c SHA256SUMS) || complain "lab/console/web/xterm was changed: 'make vendor-web' renews it"
}

check_format
check_vet
check_mac
check_static
check_imports
check_sleep
check_length
check_prose
check_docs
check_files
check_vendored
check_shell
check_foreign
check_vulnerabilities
exit "$status"
