/** How often nvidia-smi is asked in one go. The first answer is dropped: it may show the driver waking up. */
export const GPU_SAMPLES = 4;

/** About how long the counters are watched in one go, s: the pauses between the samples. */
export const WINDOW_SECONDS = 3;

/**
 * Programs that carry data or install software: while one runs, the machine is not to be interrupted. By the name the
 * kernel has, which is cut at 15 characters. Not those that say "run", as "uv run": they stay for as long as what they have
 * started.
 */
export const TRANSFERS = [
  'rsync',
  'scp',
  'rclone',
  'aria2c',
  'wget',
  'wget2',
  'axel',
  'hf',
  'huggingface-cli',
  'modelscope',
  'git-lfs',
  'git-remote-http',
  'pip',
  'pip3',
  'uv',
  'conda',
  'mamba',
  'apt',
  'apt-get',
  'dpkg',
  'tar',
  'unzip',
  'zstd',
  'pigz',
  '7z',
] as const;

/** What nvidia-smi is asked for, in this order; known to every driver of the last years, since one unknown field fails the whole query. */
export const GPU_FIELDS = [
  'index',
  'utilization.gpu',
  'memory.used',
  'memory.total',
  'power.draw',
  'power.limit',
  'clocks.sm',
  'clocks.max.sm',
  'mig.mode.current',
  'persistence_mode',
] as const;

/** Hung readers of a broken driver cannot be killed: no further one is started on top of so many. */
const MOST_HUNG = 3;
/** Half a minute, in the kernel's ticks: none that works takes so long. */
const HUNG_TICKS = 3_000;

const SAMPLES = Array.from({ length: GPU_SAMPLES }, (_, index) => index + 1).join(' ');

/**
 * The one script that is sent, for any POSIX shell (dash, busybox, bash) with or without coreutils. It reads and prints
 * and does nothing else: it writes no file, opens no terminal, changes no time stamp.
 *
 * Its commands stand in braces, so that nothing runs unless all of it has arrived, and none of them can read the script as
 * its input. Lines between the two marks are "key value…"; `output.ts` reads them strictly.
 *
 * `A` and `B` are the two looks at the counters, with the GPU samples in between. What costs time (all processes) comes
 * after them, and what the script has used itself is told beside them.
 * @param mark a fresh word, so that what a login script prints is not taken for an answer
 * @param keepAliveFile absolute, or below `~/`
 */
export function probeScript(mark: string, keepAliveFile: string): string {
  return `LC_ALL=C; export LC_ALL
PATH="$PATH:/usr/local/nvidia/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/wsl/lib"; export PATH
{
counters() {
  read -r up rest </proc/uptime && echo "up $1 $up"
  if [ -r /sys/fs/cgroup/cpu.stat ]; then
    while read -r k v rest; do [ "$k" = usage_usec ] && echo "cpu $1 usec $v"; done </sys/fs/cgroup/cpu.stat
  else
    for f in /sys/fs/cgroup/cpuacct/cpuacct.usage /sys/fs/cgroup/cpu,cpuacct/cpuacct.usage; do
      [ -r "$f" ] && read -r v rest <"$f" && echo "cpu $1 nsec $v" && break
    done
  fi
  if [ -r /sys/fs/cgroup/io.stat ]; then
    echo "disk $1 v2"
    sed "s/^/io $1 /" /sys/fs/cgroup/io.stat | head -n 64
  else
    for f in /sys/fs/cgroup/blkio/blkio.throttle.io_service_bytes_recursive /sys/fs/cgroup/blkio/blkio.throttle.io_service_bytes; do
      [ -r "$f" ] && echo "disk $1 v1" && sed "s/^/io $1 /" "$f" | tail -n 1 && break
    done
  fi
  [ -r /proc/net/dev ] && echo "net $1" && sed -n "s/^ *\\([^: ]*\\): *\\(.*\\)/if $1 \\1 \\2/p" /proc/net/dev | head -n 64
  echo "times $1"; times
}
sessions() {
  for f in tcp tcp6; do
    [ -r "/proc/net/$f" ] && echo "sockets $1 $f" &&
      sed -n "s/^ *[0-9]*: [0-9A-F]*:$hex \\([0-9A-F]*:[0-9A-F]*\\) 01 [^ ]* [^ ]* [^ ]* *[0-9]* *[0-9]* *\\([0-9]*\\) .*/peer $1 \\1 \\2/p" "/proc/net/$f" | head -n 128
  done
}
start() { read -r l <"$1/stat" && set -- \${l##*) } && shift 19 && echo "$1"; }
echo "lamplighter ${mark} begin"
read -r boot rest </proc/sys/kernel/random/boot_id && echo "boot $boot"
[ -n "$SSH_CONNECTION" ] && echo "connection $SSH_CONNECTION" && hex=$(printf '%04X' "\${SSH_CONNECTION##* }") && sessions A
began=$(start /proc/$$); echo "began $began"
limit=; command -v timeout >/dev/null && timeout 5 true && limit='timeout -s KILL 8'
smi=none; command -v nvidia-smi >/dev/null && smi=there
hung=0
if [ $smi = there ]; then
  for d in /proc/[0-9]*; do
    read -r l <"$d/comm" && [ "$l" = nvidia-smi ] && t=$(start "$d") && [ $((began - t)) -gt ${HUNG_TICKS} ] && hung=$((hung + 1))
  done
  [ $hung -ge ${MOST_HUNG} ] && smi=hung
fi
counters A
echo "smi $smi"
if [ $smi = there ]; then
  for i in ${SAMPLES}; do
    [ $i -gt 1 ] && sleep 1
    out=$($limit nvidia-smi --query-gpu=${GPU_FIELDS.join(',')} --format=csv,noheader,nounits 2>&1); code=$?
    echo "sample $i $code"
    printf '%s\\n' "$out" | head -n 64 | cut -c 1-240 | sed "s/^/gpu $i /"
    [ $code -ne 0 ] && sleep ${WINDOW_SECONDS} && break
  done
else
  sleep ${WINDOW_SECONDS}
fi
counters B
if [ $smi = there ]; then
  out=$($limit nvidia-smi --query-compute-apps=pid --format=csv,noheader,nounits) && echo "apps $(printf '%s\\n' "$out" | grep -c '^[0-9]')"
fi
cards=0; for f in /dev/nvidia[0-9]*; do [ -e "$f" ] && cards=$((cards + 1)); done; echo "devices $cards"
for f in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
  [ -r "$f" ] && read -r v rest <"$f" && echo "memory limit $v" && break
done
while read -r k v rest; do [ "$k" = MemTotal: ] && echo "memory total $v" && break; done </proc/meminfo
for d in /proc/[0-9]*; do
  read -r l <"$d/stat" || continue
  c=\${l#*(}; s=\${c##*) }; c=\${c%)*}
  case $c in
    ${TRANSFERS.join('|')})
      case $c in uv|conda|mamba) case "$(tr '\\000' ' ' <"$d/cmdline")" in *' run '*) continue ;; esac ;; esac
      case $s in [TtZX]*) ;; *) echo "transfer $c" ;; esac ;;
    sshd|sshd-session|sshd-auth|dropbear)
      t=$(start "$d") && ls -l "$d/fd" | sed -n "s/.* socket:\\[\\([0-9]*\\)\\]\\$/held $t \\1/p" | head -n 64 ;;
  esac
done | head -n 512
[ -n "$SSH_CONNECTION" ] && sessions B
stat -c %X / >/dev/null && echo "terminals" && stat -c 'input %X' /dev/pts/[0-9]* | head -n 256
keep=${shellQuoted(keepAliveFile)}
case $keep in '~/'*) keep="$HOME/\${keep#??}" ;; esac
if [ -f "$keep" ]; then
  m=$(stat -c %Y "$keep" || date -r "$keep" +%s)
  l=$(head -c 512 "$keep" | head -n 1)
  printf 'keep %s %s\\n' "\${m:-0}" "$l"
  case $l in pid:[0-9]*)
    p=\${l#pid:}; p=\${p%%[!0-9]*}
    read -r s <"/proc/$p/stat" && case \${s##*) } in [ZX]*) ;; *) echo "keeper $(start "/proc/$p")" ;; esac ;;
  esac
fi
echo "times C"; times
echo "now $(date +%s)"
echo "lamplighter ${mark} end"
} </dev/null 2>/dev/null
`;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
