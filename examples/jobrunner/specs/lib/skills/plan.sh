#!/bin/sh
# Shows a job: its files, and what its readme says of it.
set -eu
ls -l "jobs/$1"
grep -n "$1" jobs/README.md || echo "jobs/README.md does not know $1"
