#!/bin/sh
# Puts what the image holds into an empty folder: sh infra/image/assemble.sh FOLDER, in a checkout that nobody works in (it installs there).
# Without Docker it shows what the image would be: node packages/ingest/src/main.ts in FOLDER.
set -eu
target=$1
mkdir -p "$target"

# Everything, to build the dashboard with.
npm ci --no-audit --no-fund --loglevel=error
node --input-type=module -e "import { buildIfStale } from './packages/dashboard/server/build.ts'; await buildIfStale((line) => console.error(line))"

# Only what runs: no tests' tools, no embedded database, no other Node. The dashboard's server brings its own modules along.
cp package.json package-lock.json .npmrc "$target/"
mkdir -p "$target/packages" "$target/infra/image" "$target/e2e" "$target/bench"
for package in packages/*; do
  mkdir -p "$target/$package"
  cp "$package/package.json" "$target/$package/"
  [ "$package" = packages/dashboard ] || for part in src bin migrations; do
    [ ! -d "$package/$part" ] || cp -R "$package/$part" "$target/$package/"
  done
done
cp e2e/package.json "$target/e2e/"
cp infra/package.json "$target/infra/"
cp bench/package.json "$target/bench/"
cp infra/image/is-ready.mjs "$target/infra/image/"
# The build is recognised by its sources, so they go with it.
(cd packages/dashboard && tar cf - --exclude node_modules --exclude .next --exclude '*.test.ts' --exclude fake-admin-api .) | tar xf - -C "$target/packages/dashboard"
mkdir -p "$target/packages/dashboard/.next"
cp -R packages/dashboard/.next/standalone packages/dashboard/.next/sluice-build "$target/packages/dashboard/.next/"
find "$target/packages" -path '*/node_modules' -prune -o \( -name '*.test.ts' -o -name '*.service-test.ts' -o -name testing \) -prune -exec rm -rf {} +
cd "$target"
npm ci --omit=dev --omit=optional --no-audit --no-fund --loglevel=error \
  --workspace packages/ingest --workspace packages/processor --workspace packages/admin --workspace packages/cli --workspace packages/loadgen --workspace packages/dashboard
