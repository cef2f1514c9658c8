package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/report"
)

// facts are what numbers mean nothing without: the machine, and the versions of
// all that is measured.
func facts(ctx context.Context) []report.Fact {
	return []report.Fact{
		{Name: "processor", Value: fmt.Sprintf("%s, %d cores, shared by all sides", field("/proc/cpuinfo", "model name"), runtime.NumCPU())},
		{Name: "memory", Value: field("/proc/meminfo", "MemTotal")},
		{Name: "kernel", Value: kernel()},
		{Name: "TCP congestion control", Value: firstLineOf("/proc/sys/net/ipv4/tcp_congestion_control") + "; our programs ask for reno on loopback"},
		{Name: "temporary folder", Value: os.TempDir() + ", " + filesystem(os.TempDir())},
		{Name: "peerlab", Value: revision(ctx)},
		{Name: "Go", Value: firstLine(ctx, "go", "version")},
		{Name: "NATS", Value: "nats-server " + module(ctx, "github.com/nats-io/nats-server/v2") + ", nats.go " + module(ctx, "github.com/nats-io/nats.go")},
		{Name: "nginx", Value: version(ctx, "nginx", "-v")},
		{Name: "iperf3", Value: version(ctx, "iperf3", "--version")},
		{Name: "ngircd", Value: version(ctx, "ngircd", "--version")},
		{Name: "curl", Value: version(ctx, "curl", "--version")},
	}
}

// field returns the value of the first line "NAME : VALUE" of a file in /proc.
func field(path, name string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func firstLineOf(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return err.Error()
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])
}

// filesystem names the kind of file system that a folder is on.
func filesystem(dir string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return err.Error()
	}
	switch s.Type {
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.TMPFS_MAGIC:
		return "tmpfs: in memory, so that \"on disk\" below is not"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlayfs"
	}
	return fmt.Sprintf("a file system of type %#x", s.Type)
}

// revision is the commit that is measured, and whether anything was changed since.
func revision(ctx context.Context) string {
	commit := firstLine(ctx, "git", "rev-parse", "--short", "HEAD")
	if firstLine(ctx, "git", "status", "--porcelain", "--", "../../services", "../../go.mod") != "" {
		commit += ", with changes"
	}
	return commit
}

func version(ctx context.Context, name, flag string) string {
	path, err := proc.Find(name, name)
	if err != nil {
		return err.Error()
	}
	line, _, _ := strings.Cut(firstLine(ctx, path, flag), " (") // and what it was built with
	return line
}

// module is the version of a module that this one is built with.
func module(ctx context.Context, path string) string {
	return firstLine(ctx, "go", "list", "-m", "-f", "{{.Version}}", path)
}

// firstLine returns the first line that a program prints, wherever it prints it.
func firstLine(ctx context.Context, path string, args ...string) string {
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if err != nil {
		return "unknown: " + err.Error()
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

// load is the number of processes that wanted to run in the last minute: above
// the number of cores the machine had other work, too.
func load() string {
	one, _, _ := strings.Cut(firstLineOf("/proc/loadavg"), " ")
	return one
}

// busy returns how many seconds all processors together have worked since the
// machine started.
func busy() (float64, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return busyOf(string(b))
}

// busyOf reads the line "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ...",
// in hundredths of a second.
func busyOf(stat string) (float64, error) {
	line, _, _ := strings.Cut(stat, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return 0, fmt.Errorf("/proc/stat begins with %q", line)
	}
	sum := 0.0
	for i, field := range f[1:9] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/stat: %w", err)
		}
		if i != 3 && i != 4 { // idle, and idle while a disk works
			sum += n
		}
	}
	return sum / 100, nil
}
