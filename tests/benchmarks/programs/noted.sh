#!/bin/sh
# Notes when it starts in the file "$1", then becomes the command that follows.
date +%s.%N >"$1"
shift
exec "$@"
