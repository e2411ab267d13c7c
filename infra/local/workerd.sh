#!/bin/sh
# Becomes workerd, after writing down who it is: miniflare tells nobody the pid of the workerd that it starts, or
# starts anew after a crash, and workerd outlives a parent that is killed. Shell built-ins alone: no extra process.
if [ -r "/proc/$$/stat" ]; then
  read -r stat < "/proc/$$/stat"
  started=$(set -- ${stat##*) }; shift 19; echo "$1")
else
  started=$(ps -o lstart= -p $$)
fi
echo "workerd $$ $started" >> "$SWITCHYARD_PROCESSES"
exec "$SWITCHYARD_WORKERD" "$@"
