#!/bin/sh
# The system's Python without its packages (-S), the user's (-s), the script's folder (-P), and .pyc files (-B): a
# program sees the standard library and its own dependencies.
exec /usr/bin/python3 -B -P -S -s "$@"
