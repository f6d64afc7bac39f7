#!/usr/bin/env bash
# Serves web/dist on this machine only: bash web/serve.sh [PORT]
set -euo pipefail
cd "$(dirname "$0")"
[ -f dist/index.html ] || bash build.sh
port=${1:-8080}
echo "http://127.0.0.1:$port/"
exec python3 -m http.server --bind 127.0.0.1 --directory dist "$port"
