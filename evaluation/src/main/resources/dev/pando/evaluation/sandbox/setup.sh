# First process in the new namespaces: builds a root in memory, and becomes the program, which it reads from
# its input. Arguments: three limits for prlimit, then the interpreter and its options.
set -e
umask 022
mount -t tmpfs -o size=32m,mode=755,nosuid,nodev sandbox /tmp
cd /tmp
mkdir proc dev box old
for name in usr bin lib lib32 lib64; do
    if [ -L /$name ]; then
        ln -s "$(readlink /$name)" $name
    elif [ -d /$name ]; then
        mkdir $name
        mount --rbind /$name $name
        mount -o remount,bind,ro,nosuid,nodev $name
    fi
done
mount -t proc proc proc 2>/dev/null || true
for name in null zero urandom; do
    : >dev/$name
    mount --bind /dev/$name dev/$name
done
cat >box/program
pivot_root . old
cd /
umount -l /old
rmdir /old
cd /box
exec prlimit "$1" "$2" "$3" --nofile=64 --nproc=16 --fsize=16777216 --core=0 \
    setpriv --no-new-privs --inh-caps=-all --bounding-set=-all \
    env -i PATH=/usr/bin:/bin HOME=/box TMPDIR=/box LANG=C.UTF-8 \
    sh -c 'shift 3; exec "$@" /box/program </dev/null' sandbox "$@"
