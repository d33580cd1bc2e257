# What xl needs: xenstore, dom0's own entry in it, and the consoles of guests in /var/log/xen/console.
set -e
mkdir -p /run/xen /run/xenstored /run/lock /var/lib/xenstored /var/log/xen/console
xenstored --pid-file=/run/xenstored.pid
until xenstore-read / >/dev/null 2>&1; do sleep 0.1; done
/usr/lib/xen-4.17/bin/xen-init-dom0 >/dev/null
xenconsoled --pid-file=/run/xenconsoled.pid --log=guest --log-dir=/var/log/xen/console
