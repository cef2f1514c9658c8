package lab

import (
	"cmp"
	"context"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"syscall"

	psnet "github.com/shirou/gopsutil/v4/net"
)

// Listening returns where the process and its group listen over TCP, the lowest port
// first, as far as the system shows that to this process. No connection is made, which a
// simple server would count as a client's.
func (e *Life) Listening(ctx context.Context) (at []netip.AddrPort) {
	for _, s := range e.Sockets(ctx) {
		if ip, err := netip.ParseAddr(s.Laddr.IP); err == nil && s.Status == "LISTEN" {
			at = append(at, netip.AddrPortFrom(ip.Unmap(), uint16(s.Laddr.Port)))
		}
	}
	slices.SortFunc(at, func(a, b netip.AddrPort) int { return cmp.Compare(a.Port(), b.Port()) })
	return slices.Compact(at)
}

// Sockets returns the TCP sockets of the process and its group, as far as the system
// shows them to this process.
func (e *Life) Sockets(ctx context.Context) (all []psnet.ConnectionStat) {
	for _, pid := range e.Group(ctx) {
		sockets, err := psnet.ConnectionsPidWithContext(ctx, "tcp", int32(pid))
		if err != nil {
			continue // it has exited, or is another user's
		}
		all = append(all, sockets...)
	}
	return all
}

// Group returns the process and those of its process group, itself first; none if it is
// not seen.
func (e *Life) Group(ctx context.Context) []int {
	leader, err := e.running.pid(ctx)
	if err != nil {
		return nil
	}
	group := []int{leader}
	id, err := syscall.Getpgid(leader)
	if err != nil {
		return group
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return group
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == leader {
			continue
		}
		if of, err := syscall.Getpgid(pid); err == nil && of == id {
			group = append(group, pid)
		}
	}
	return group
}
