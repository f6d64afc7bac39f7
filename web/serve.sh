#!/usr/bin/env bash
# Serves web/dist on this machine only: bash web/serve.sh [PORT]. Files that a browser takes packed are sent packed, as a host
# would send them.
set -euo pipefail
cd "$(dirname "$0")"
[ -f dist/index.html ] || bash build.sh
exec python3 - "${1:-8080}" <<'PYTHON'
import functools, http.server, os, sys


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".wasm": "application/wasm",
        ".js": "text/javascript",
        ".webmanifest": "application/manifest+json",
    }

    def send_head(self):
        wanted = self.headers.get("Accept-Encoding", "")
        path = self.translate_path(self.path)
        if os.path.isdir(path):
            path = os.path.join(path, "index.html")
        packed = next(
            (
                (coding, path + ending)
                for coding, ending in (("br", ".br"), ("gzip", ".gz"))
                if coding in wanted and os.path.exists(path + ending)
            ),
            None,
        )
        if packed is None:
            return super().send_head()
        file = open(packed[1], "rb")
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", packed[0])
        self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
        self.send_header("Vary", "Accept-Encoding")
        self.end_headers()
        return file


port = int(sys.argv[1])
handler = functools.partial(Handler, directory="dist")
with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
PYTHON
