package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// healthTimeout bounds a health check.
const healthTimeout = 2 * time.Second

func (p Program) checkHealth() error {
	ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
	defer cancel()
	if err := p.Health(ctx); err != nil {
		return fmt.Errorf("unhealthy: %w", err)
	}
	return nil
}

// isHealthFlag reports whether an argument asks for a health check.
func isHealthFlag(arg string) bool { return arg == "-health" || arg == "--health" }

// runningArguments returns the arguments of the only process that runs this
// executable, apart from health checks; if the kernel hides the executables of
// other users, of the only process with this program's name. With them a health
// check in a container needs no arguments of its own, whether the program is
// process 1 or the child of an init. It returns an error unless there is exactly
// one such process.
func (p Program) runningArguments() ([]string, error) {
	self, err := os.Stat("/proc/self/exe")
	if err != nil {
		return nil, fmt.Errorf("-health alone needs /proc to find the running %s; %s", p.Name, p.repeat())
	}
	found, _ := filepath.Glob("/proc/[0-9]*") // fails only if the pattern is wrong
	var same, named [][]string                // processes, by executable and, where that is hidden, by name
	for _, dir := range found {
		words := commandLine(dir)
		if len(words) == 0 || filepath.Base(dir) == strconv.Itoa(os.Getpid()) || slices.ContainsFunc(words, isHealthFlag) {
			continue
		}
		switch exe, err := os.Stat(filepath.Join(dir, "exe")); {
		case err == nil && os.SameFile(exe, self):
			same = append(same, words[1:])
		case errors.Is(err, fs.ErrPermission) && filepath.Base(words[0]) == p.Name: // it belongs to another user
			named = append(named, words[1:])
		}
	}
	if len(same) == 0 {
		same = named
	}
	switch len(same) {
	case 0:
		return nil, fmt.Errorf("no %s is running here", p.Name)
	case 1:
		return same[0], nil
	}
	return nil, fmt.Errorf("%d processes run %s here; %s", len(same), p.Name, p.repeat())
}

// repeat returns the remedy where -health needs arguments.
func (p Program) repeat() string {
	return fmt.Sprintf("add the arguments of the process to check: %s -health ARGUMENTS", p.Name)
}

// commandLine returns the name and arguments of the process whose directory in
// /proc is dir, or nil if it has exited or is a kernel thread.
func commandLine(dir string) []string {
	line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil || len(line) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
}
