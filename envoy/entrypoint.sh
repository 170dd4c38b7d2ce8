#!/bin/sh
# Starts Envoy with these arguments, and with what a container is told by its environment:
#
#   METRICS_BEARER_FILE    a file with the token, as a secret is mounted; so for each name in `secrets`
#   UPSTREAM               host:port of the service, which becomes the cluster `service`
#
# What cannot be had ends the container: a gate without its token would be closed to every scraper.
set -eu
LC_ALL=C

secrets="METRICS_BEARER ADMIN_TOKEN ASTROCYTE_ADMIN_TOKEN"

fail() {
  echo "probegate: $*" >&2
  exit 1
}

for name in $secrets; do
  eval "given=\${${name}_FILE+given} file=\${${name}_FILE-} value=\${$name-}"
  [ -n "$given" ] || continue
  [ -n "$file" ] || fail "${name}_FILE: must name a file"
  [ -z "$value" ] || fail "${name}_FILE: give it or $name, not both"
  # A folder can be opened, but not read.
  [ -f "$file" ] || fail "${name}_FILE: there is no file $file"
  value=$(cat -- "$file" 2>/dev/null) || fail "${name}_FILE: $file cannot be read by user $(id -u)"
  # As the gate trims a variable: blanks, CR and LF at its ends.
  while :; do
    case $value in
      [[:space:]]*) value=${value#?} ;;
      *[[:space:]]) value=${value%?} ;;
      *) break ;;
    esac
  done
  case $value in
    '') fail "${name}_FILE: $file is empty" ;;
    *[!!-~]*) fail "${name}_FILE: $file must hold one line of visible ASCII characters" ;;
  esac
  # The dynamic module reads the file itself, and again when it changes.
  [ -z "${ENVOY_DYNAMIC_MODULES_SEARCH_PATH-}" ] || continue
  export "$name=$value"
  unset "${name}_FILE"
done
unset value

if [ -n "${UPSTREAM+given}" ]; then
  host=${UPSTREAM%:*} port=${UPSTREAM##*:}
  # Without a colon both are the whole.
  case $UPSTREAM in *:*) ;; *) port= ;; esac
  case $port in '' | *[!0-9]*) fail 'UPSTREAM: must be host:port' ;; esac
  # An IPv6 address stands in brackets.
  host=${host#\[} host=${host%\]}
  case $host in '' | *[!0-9A-Za-z.:_-]*) fail 'UPSTREAM: must be host:port' ;; esac
  endpoint="{address: {socket_address: {address: \"$host\", port_value: $port}}}"
  cluster="name: service, type: STRICT_DNS, connect_timeout: 1s"
  assignment="{cluster_name: service, endpoints: [{lb_endpoints: [{endpoint: $endpoint}]}]}"
  set -- --config-yaml "{static_resources: {clusters: [{$cluster, load_assignment: $assignment}]}}" "$@"
fi

# A container is replaced, not restarted in place; and with the host's network, several would meet there.
exec envoy --disable-hot-restart "$@"
