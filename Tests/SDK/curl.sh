#!/usr/bin/env bash
# Asks a running service with curl, and judges every answer.
#
#     bash Tests/SDK/curl.sh http://127.0.0.1:8080 esk_live_…
#
# Ends with status 1 if a check fails.
set -uo pipefail

[[ $# -eq 2 ]] || { echo "usage: curl.sh BASE_URL KEY" >&2; exit 2; }
readonly base="${1%/}"
authorization="Authorization: Bearer $2"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2

readonly pixel=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC
base64 -d <<<"$pixel" >photo.png
readonly generations=/v1/images/generations edits=/v1/images/edits
readonly fox='"model": "epithre-iris", "prompt": "a fox", "size": "64x64"'

# Asks for a path with further options. Leaves the answer's head in `head`, its body in `body`, what
# curl did in `trace`, and its status and the bytes sent in two variables.
ask() {
  local path="$1"
  shift
  read -r status uploaded < <(
    curl -sS -v --max-time 300 -D head -o body -w '%{http_code} %{size_upload}\n' \
      -H "$authorization" "$@" "$base$path" 2>trace
  )
}
ask_json() { ask "$1" -H 'Content-Type: application/json' "${@:2}"; }

expect() { [[ "$1" == "$2" ]] || { echo "    $3: $1, not $2"; return 1; }; }
holds() { grep -q -- "$2" "$1" || { echo "    no $2 in $(head -c 400 "$1")"; return 1; }; }
lacks() { ! grep -q -- "$2" "$1" || { echo "    $2 in the $1"; return 1; }; }
is_image() { expect "$status" 200 status && holds body '"b64_json":"iVBORw0KGgo'; }
refused() { expect "$status" "$1" status && holds body "\"code\":\"$2\""; }

a_generation() { ask_json $generations -d "{$fox, \"seed\": 42}" && is_image && holds body '"seed":42'; }

an_edit_as_a_form() {
  ask $edits -F model=epithre-iris -F 'prompt=a fox' -F size=64x64 -F image=@photo.png && is_image
}

an_edit_of_several_files() {
  ask $edits -F model=epithre-iris -F 'prompt=a fox' -F size=64x64 \
    -F 'image[]=@photo.png' -F 'image[]=@photo.png' && is_image && holds body '"image_tokens":32'
}

an_edit_of_base64_in_a_form() {
  ask $edits -F model=epithre-iris -F 'prompt=a fox' -F size=64x64 -F "image=$pixel" && is_image
}

an_edit_as_json() { ask_json $edits -d "{$fox, \"image\": \"$pixel\"}" && is_image; }

a_chunked_body() {
  ask_json $edits -H 'Transfer-Encoding: chunked' -d "{$fox, \"image\": \"$pixel\"}" && is_image
}

a_stream() {
  ask_json $generations -N -d "{$fox, \"stream\": true, \"partial_images\": 1}" &&
    holds head '^content-type: text/event-stream' &&
    holds body '^event: image_generation.partial_image$' &&
    holds body '^event: image_generation.completed$' && lacks body '^id:' && lacks body '^retry:'
}

# curl asks before it sends more than a megabyte.
permission_for_a_large_body() {
  head -c 3000000 /dev/zero | tr '\0' ' ' >padding
  { printf '{%s, "image": "%s"' "$fox" "$pixel" && cat padding && printf '}'; } >large.json
  ask_json $edits -H 'Expect: 100-continue' --expect100-timeout 60 --data-binary @large.json &&
    is_image && holds trace '^< HTTP/1.1 100 Continue'
}

a_wrong_key_uploads_nothing() {
  authorization='Authorization: Bearer esk_live_wrong'
  ask_json $edits -H 'Expect: 100-continue' --expect100-timeout 60 --data-binary @large.json
  refused 401 authentication_error && expect "$uploaded" 0 "bytes sent"
}

too_much_is_refused_before_it_is_sent() {
  head -c 52428801 /dev/zero >huge
  ask_json $edits -H 'Expect: 100-continue' --expect100-timeout 60 --data-binary @huge
  refused 413 request_too_large && expect "$uploaded" 0 "bytes sent"
}

too_much_in_chunks_is_refused() {
  ask_json $edits -H 'Expect:' -H 'Transfer-Encoding: chunked' --data-binary @huge
  refused 413 request_too_large
}

refusals() {
  ask_json $generations -d "{$fox, \"n\": 2}" && refused 400 invalid_request_error &&
    holds body '"param":"n"' && holds head '^x-request-id: req_' &&
    ask /v1/absent && refused 404 not_found &&
    ask $generations && refused 405 method_not_allowed && holds head '^allow: POST' &&
    ask $edits -H 'Content-Type: text/plain' -d x && refused 415 unsupported_media_type
}

heads() { ask /v1/models --head && expect "$status" 200 status && lacks body '{'; }

the_models_without_a_key() {
  authorization=Authorization:
  ask /v1/models && expect "$status" 200 status && holds body epithre-iris
}

failures=0
readonly checks=(
  a_generation an_edit_as_a_form an_edit_of_several_files an_edit_of_base64_in_a_form
  an_edit_as_json a_chunked_body a_stream permission_for_a_large_body a_wrong_key_uploads_nothing
  too_much_is_refused_before_it_is_sent too_much_in_chunks_is_refused refusals heads
  the_models_without_a_key
)
for check in "${checks[@]}"; do
  if told="$($check)"; then
    printf '%-40s ok\n' "$check"
  else
    failures=$((failures + 1))
    printf '%-40s FAILED\n%s\n' "$check" "$told"
  fi
done
curl --version | head -n 1
echo "$((${#checks[@]} - failures)) of ${#checks[@]} checks passed"
[[ $failures -eq 0 ]]
