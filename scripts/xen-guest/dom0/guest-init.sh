#!/bin/busybox sh
# The first process of a guest: says that it is there, and waits.
/bin/busybox echo guest-is-up
while :; do /bin/busybox sleep 1000; done
