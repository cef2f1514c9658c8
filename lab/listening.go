package lab

import (
	"cmp"
	"context"
	"net"
	"os"
	"slices"
	"strconv"
	"syscall"

	psnet "github.com/shirou/gopsutil/v4/net"
)

// Listening returns where the process listens over TCP, and those of its process group, as
// far as the system shows that to this process; the lowest port comes first. No connection
// is made, which a simple server would count as a client's. An address that stands for all
// is returned as 0.0.0.0.
func (e *Life) Listening(ctx context.Context) []string {
	pid, err := e.running.pid(ctx)
	if err != nil {
		return nil
	}
	var found []psnet.Addr
	for _, pid := range groupOf(pid) {
		sockets, err := psnet.ConnectionsPidWithContext(ctx, "tcp", int32(pid))
		if err != nil {
			continue // it has exited, or is another user's
		}
		for _, s := range sockets {
			if s.Status == "LISTEN" {
				found = append(found, s.Laddr)
			}
		}
	}
	slices.SortFunc(found, func(a, b psnet.Addr) int { return cmp.Compare(a.Port, b.Port) })
	at := make([]string, len(found))
	for i, addr := range found {
		if ip := net.ParseIP(addr.IP); ip.IsUnspecified() {
			addr.IP = "0.0.0.0"
		}
		at[i] = net.JoinHostPort(addr.IP, strconv.FormatUint(uint64(addr.Port), 10))
	}
	return slices.Compact(at)
}

// groupOf returns the processes of the group of a process, itself first.
func groupOf(leader int) []int {
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
