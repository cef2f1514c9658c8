package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/report"
)

// facts are what the figures depend on: the machine, and the versions of all that is
// measured.
func facts(ctx context.Context) []report.Fact {
	facts := []report.Fact{
		{Name: "processor", Value: field("/proc/cpuinfo", "model name")},
		{Name: "memory", Value: field("/proc/meminfo", "MemTotal")},
		{Name: "kernel", Value: contents("/proc/sys/kernel/ostype") + " " + contents("/proc/sys/kernel/osrelease")},
		{Name: "TCP congestion control", Value: contents("/proc/sys/net/ipv4/tcp_congestion_control") + "; the product and the limits request reno on loopback"},
	}
	for _, version := range [][]string{
		{"Go", "go", "version"},
		{"nats-server", "go", "list", "-m", "-f", "{{.Version}}", "github.com/nats-io/nats-server/v2"},
		{"nats.go", "go", "list", "-m", "-f", "{{.Version}}", "github.com/nats-io/nats.go"},
		{"nginx", "nginx", "-v"},
	} {
		facts = append(facts, report.Fact{Name: version[0], Value: firstLine(ctx, version[1], version[2:]...)})
	}
	return facts
}

// field returns the value of the first line "NAME : VALUE" of a file in /proc.
func field(path, name string) string {
	for line := range strings.Lines(contents(path)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// contents returns the text of a file in /proc, or why there is none.
func contents(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b))
}

// revision returns the commit that is measured, and whether files have changed since.
func revision(ctx context.Context) string {
	commit := firstLine(ctx, "git", "rev-parse", "--short", "HEAD")
	if firstLine(ctx, "git", "status", "--porcelain", "--", "../../*.go", "../../go.mod") != "" {
		commit += " with changes"
	}
	return commit
}

// firstLine returns the first line that a program prints, to stdout or stderr.
func firstLine(ctx context.Context, name string, args ...string) string {
	path, err := proc.Find(name, name)
	if err != nil {
		return err.Error()
	}
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if err != nil {
		return "unknown: " + err.Error()
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: run it in e2e/bench", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// loadAverage returns the load average of the last minute.
func loadAverage() string {
	one, _, _ := strings.Cut(contents("/proc/loadavg"), " ")
	return one
}

// clock returns how many seconds all processors together have worked since the machine
// started, and how many of these for this program and those of its that have ended.
func clock() (all, own float64, err error) {
	if all, err = busy(contents("/proc/stat")); err != nil {
		return 0, 0, err
	}
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var r unix.Rusage
		if err := unix.Getrusage(who, &r); err != nil {
			return 0, 0, err
		}
		own += float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
	}
	return all, own, nil
}

// busy reads the line "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL ...", in
// hundredths of a second.
func busy(stat string) (sum float64, err error) {
	line, _, _ := strings.Cut(stat, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return 0, fmt.Errorf("/proc/stat begins with %q", line)
	}
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
