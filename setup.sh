#!/bin/sh
# Makes a fresh checkout ready for "npm start": Node's version, the packages, a Redis server, the build.
# With --with-browser, or CI=true, also a Chromium for the page tests. Says what it installs before it does; can be run
# again at any time. Runs in any POSIX shell.
set -eu
cd "$(dirname "$0")"

with_browser=${CI:-false}
for option in "$@"; do
  case $option in
    --with-browser) with_browser=true ;;
    *) echo "setup: unknown option $option (there is only --with-browser)" >&2; exit 2 ;;
  esac
done

say() { printf '%s\n' "$*"; }
die() { printf '\nsetup: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif has sudo; then sudo "$@"
  else return 1
  fi
}

# Ends here, with the line to paste, when a package manager that needs root would not get it.
need_root() {
  [ "$(id -u)" -eq 0 ] || has sudo || die "installing needs root, and there is no sudo. As root, run: $*
Then run this again."
}

# --- Node and packages -----------------------------------------------------------------------------------------------

has node || die "Node is missing. Install Node 20.19 or newer: https://nodejs.org"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  die "Node $(node --version) is too old; Parlance needs 20.19 or newer: https://nodejs.org"
say "Node       $(node --version)"

# Skipped when nothing has changed since the last complete run: the same lock file, the same Node.
stamp=node_modules/.parlance-setup
wanted="$(cksum <package-lock.json) $(node --version)"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  say "Packages   up to date"
else
  say "Packages   installing what package-lock.json lists (npm ci)"
  npm ci --no-audit --no-fund --loglevel=error
  printf '%s' "$wanted" >"$stamp"
fi

# --- Redis -----------------------------------------------------------------------------------------------------------

# Prints "name version" of a server that is 6.2 or newer; the same places as src/redis/find-server.ts.
find_redis() {
  for name in redis-server valkey-server; do
    for path in "$name" "/usr/bin/$name" "/usr/local/bin/$name" "/opt/homebrew/bin/$name" "/opt/local/bin/$name" "/snap/bin/$name"; do
      has "$path" || continue
      version=$("$path" --version 2>/dev/null | sed -n 's/^[A-Z][a-z]* server v=\([0-9][0-9.]*\).*/\1/p')
      major=${version%%.*}
      rest=${version#*.}
      minor=${rest%%.*}
      [ -n "$version" ] || continue
      if [ "$major" -gt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -ge 2 ]; }; then
        printf '%s %s\n' "$path" "$version"
        return 0
      fi
    done
  done
  return 1
}

apt_updated=false
apt_install() {
  if [ "$apt_updated" = false ]; then
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || say "           apt-get update failed; trying with the lists that are there"
    apt_updated=true
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Debian starts a server at once when it installs one. Parlance runs its own, so this one stays off; policy-rc.d is how
# Debian is told. A policy that is there already is somebody else's, and so is a Redis that was there before.
apt_install_redis() {
  policy=/usr/sbin/policy-rc.d
  if has redis-server || [ -e "$policy" ]; then
    apt_install redis-server
    return
  fi
  trap 'as_root rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
  status=0
  apt_install redis-server || status=$?
  as_root rm -f "$policy"
  trap - EXIT INT TERM
  if [ "$status" -eq 0 ] && has systemctl; then
    as_root systemctl disable redis-server.service >/dev/null 2>&1 || true
  fi
  return "$status"
}

install_redis() {
  if has apt-get; then
    need_root apt-get install -y redis-server
    say "Redis      installing redis-server (apt-get; its system service stays off)"
    apt_install_redis
  elif has dnf; then
    need_root dnf install -y redis
    say "Redis      installing redis or valkey (dnf)"
    as_root dnf install -y -q redis || as_root dnf install -y -q valkey
  elif has apk; then
    need_root apk add redis
    say "Redis      installing redis or valkey (apk)"
    as_root apk add -q redis || as_root apk add -q valkey
  elif has brew; then
    say "Redis      installing redis (brew; not started as a service)"
    brew install -q redis
  else
    die "no redis-server 6.2 or newer, and none of apt-get, dnf, apk, brew to install it. Install Redis or Valkey, or set REDIS_URL"
  fi
}

if [ -n "${REDIS_URL:-}" ] && [ "$with_browser" != true ]; then
  say "Redis      the one of REDIS_URL"
else
  redis=$(find_redis) || {
    install_redis || die "Redis could not be installed; see above. Install Redis 6.2 or newer by hand, or set REDIS_URL"
    redis=$(find_redis) || die "the Redis that was installed is older than 6.2. Install a newer one, or set REDIS_URL"
  }
  say "Redis      $redis"
fi

# --- A browser, for the tests of the pages ---------------------------------------------------------------------------

find_browser() {
  for path in "${CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if [ -n "$path" ] && [ -x "$path" ]; then printf '%s\n' "$path"; return 0; fi
  done
  return 1
}

install_browser() {
  if has apt-get; then
    need_root apt-get install -y chromium
    say "Browser    installing chromium (apt-get)"
    apt_install chromium
  elif has dnf; then
    need_root dnf install -y chromium
    say "Browser    installing chromium (dnf)"
    as_root dnf install -y -q chromium
  elif has apk; then
    need_root apk add chromium
    say "Browser    installing chromium (apk)"
    as_root apk add -q chromium
  elif has brew; then
    say "Browser    installing google-chrome (brew)"
    brew install -q --cask google-chrome
  else
    return 1
  fi
}

if [ "$with_browser" = true ]; then
  browser=$(find_browser) || {
    { install_browser && browser=$(find_browser); } ||
      die "no Chromium for the page tests. Install one and set CHROMIUM to its path"
  }
  say "Browser    $browser"
fi

# --- Build -----------------------------------------------------------------------------------------------------------

say "Build      compiling"
npm run --silent build

say ""
say "Next: npm start"
