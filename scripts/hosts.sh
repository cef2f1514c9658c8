#!/usr/bin/env bash
# Machines for tests of the swarm, as root on Linux: each has a Docker engine, in namespaces of its own for the network, processes,
# mounts and the host name. A switch joins them. They end when this script is killed, however that happens.
#
#   scripts/hosts.sh switch              the switch; its ports are host1, host2 and so on: `ip link set host3 down` cuts host3 off
#   scripts/hosts.sh host N SWITCH       host N, 10.77.0.N, at the switch with that process id. The engine listens at docker.sock in the
#                                        current folder, and data are its data. An engine that is killed is started again after the next line of input.
#   scripts/hosts.sh at HOST COMMAND...  runs a command in the network of the host with that process id
#   scripts/hosts.sh sweep NAME          when its input ends, removes the control groups of the hosts whose folders are in one of that name
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

fail() {
	printf 'hosts: %s\n' "$*" >&2
	exit 1
}

# apart COMMAND...: runs this script's COMMAND as the first process of new namespaces. --net leaves /sys as it is, where
# the control groups are; `ip netns exec` would not.
apart() { exec unshare --net --uts --ipc --mount --pid --fork --kill-child --mount-proc bash "${BASH_SOURCE[0]}" "$@"; }

run_switch() {
	ip link add switch type bridge
	ip link set switch up
	echo ready
	sleep infinity
}

# run_host N GROUP: descriptor 3 is the network of the switch.
run_host() {
	local status
	hostname "host$1"
	ip link set lo up
	ip link add eth0 type veth peer name "host$1" netns /proc/self/fd/3
	nsenter --net=/proc/self/fd/3 ip link set "host$1" master switch up
	ip addr add "10.77.0.$1/24" dev eth0
	ip link set eth0 up
	mount -t tmpfs run /run
	exec 3<&-
	while :; do
		status=0
		dockerd </dev/null --data-root "$PWD/data" --exec-root /run/docker --pidfile /run/docker.pid --host "unix://$PWD/docker.sock" --host unix:///run/docker.sock \
			--bip "172.31.$1.1/24" --cgroup-parent "$2" --exec-opt native.cgroupdriver=cgroupfs || status=$?
		[ "$status" = 137 ] || return "$status" # SIGKILL
		read -r _
		rm /run/docker.pid
	done
}

groups_of() { find /sys/fs/cgroup -depth -type d -path "*/peerlab-$1-*" "${@:2}" 2>/dev/null; }

sweep() {
	local try
	cat >/dev/null
	for try in {1..200}; do
		groups_of "$1" -exec rmdir '{}' + || true
		if [ -z "$(groups_of "$1")" ]; then return; fi
		sleep 0.1
	done
	fail "after $((try / 10)) s there are still: $(groups_of "$1" | head -n 3)"
}

case ${1:-} in
switch) apart "switch inside" ;;
"switch inside") run_switch ;;
host)
	exec 3<"/proc/$3/ns/net"
	apart "host inside" "$2" "peerlab-$(basename "$(dirname "$PWD")")-$2"
	;;
"host inside") run_host "${@:2}" ;;
at) exec nsenter "--net=/proc/$2/ns/net" "${@:3}" ;;
sweep) sweep "$2" ;;
*) fail "usage: scripts/hosts.sh switch, scripts/hosts.sh host N SWITCH, scripts/hosts.sh at HOST COMMAND..., or scripts/hosts.sh sweep NAME" ;;
esac
