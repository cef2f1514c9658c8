#!/usr/bin/env bash
# Makes docs/report.png, the picture of a report in README: of a chat in C whose server does not set SO_REUSEADDR.
# As root on Linux, after 'make build'; it needs a C compiler and Chromium ('apt-get install chromium').
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/ada"
cp e2e/foreign/asassigned/{server.c,client.c,lines.h} "$scratch/ada"
sed -i 's/|| setsockopt(.*) != 0)/|| !on)/' "$scratch/ada/lines.h"
bin/peerlab grade -o "$scratch/grades" "$scratch/ada"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1000,700 --screenshot="$scratch/report.png" \
	"file://$scratch/grades/ada/report.html" 2>/dev/null
# A few colors are enough, and a quarter of the size.
if command -v pngquant >/dev/null; then pngquant --force --output "$scratch/report.png" 32 "$scratch/report.png"; fi
[ "$(stat -c %s "$scratch/report.png")" -lt 150000 ] || { echo 'docs/report.png would be too large: install pngquant' >&2; exit 1; }
cp "$scratch/report.png" docs/report.png
