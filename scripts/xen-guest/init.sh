#!/bin/busybox sh
# The first process of dom0: drivers, then the program that the kernel's command line names, then its files back on the disk.
/bin/busybox mkdir -p /proc /sys /dev
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LD_LIBRARY_PATH=/lib/x86_64-linux-gnu
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
ln -sf /run /var/run
for module in $(cat /mod/order); do insmod "$module" 2>/dev/null || echo "no driver $module"; done
mount -t xenfs xenfs /proc/xen
hostname dom0

limit=300
for word in $(cat /proc/cmdline); do
  case $word in limit=*) limit=${word#limit=} ;; esac
done
cd /app
timeout "$limit" sh ./main.sh >/out/output.txt 2>&1
echo $? >/out/status
tar -C /out -cf - . | dd of=/dev/vda bs=1M iflag=fullblock 2>/dev/null
sync
echo dom0-done
poweroff -f
