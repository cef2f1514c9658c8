package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	cgroups      = "/sys/fs/cgroup"
	cgroupPeriod = 100_000 // microseconds in which a share of the processors is counted
	cgroupEnd    = 10 * time.Second
)

// controls are the files of control groups for the limits, by controller: of version 1 of
// the kernel's interface, each controller in a hierarchy of its own, and of version 2.
func (l *Limits) controls(version int) map[string]map[string]string {
	all := map[string]map[string]string{"memory": {}, "pids": {}, "cpu": {}}
	if l.Memory > 0 {
		all["memory"][map[int]string{1: "memory.limit_in_bytes", 2: "memory.max"}[version]] = decimal(l.Memory)
	}
	if l.Processes > 0 {
		all["pids"]["pids.max"] = strconv.Itoa(l.Processes)
	}
	if quota := decimal(int64(l.CPUs * cgroupPeriod)); l.CPUs > 0 && version == 1 {
		all["cpu"]["cpu.cfs_quota_us"] = quota // the period is 100 ms unless it is set
	} else if l.CPUs > 0 {
		all["cpu"]["cpu.max"] = quota + " " + strconv.Itoa(cgroupPeriod)
	}
	return all
}

// newLimited makes the control groups of a process, by a name that no other has.
func newLimited(l *Limits, name string, user int, g *guard) (*limited, error) {
	p := &limited{limits: l, user: user}
	_, err := os.Stat(filepath.Join(cgroups, "cgroup.controllers"))
	if err == nil {
		err = p.makeUnified(name, g)
	} else {
		err = p.makeSeparate(name, g)
	}
	if err != nil && !l.Lenient {
		return nil, errors.Join(fmt.Errorf("limits need root, and the kernel's control groups for memory, processes and processors: %w", err), p.remove(g))
	}
	return p, nil
}

func (p *limited) makeSeparate(name string, g *guard) error {
	var errs []error
	for controller, files := range p.limits.controls(1) {
		errs = append(errs, p.make(filepath.Join(cgroups, controller, "peerlab", name), files, g))
	}
	return errors.Join(errs...)
}

func (p *limited) makeUnified(name string, g *guard) error {
	parent := filepath.Join(cgroups, "peerlab")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	for _, dir := range []string{cgroups, parent} {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+memory +pids +cpu"), 0o644); err != nil {
			return err
		}
	}
	files := make(map[string]string)
	for _, some := range p.limits.controls(2) {
		for file, value := range some {
			files[file] = value
		}
	}
	return p.make(filepath.Join(parent, name), files, g)
}

func (p *limited) make(dir string, files map[string]string, g *guard) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	p.groups = append(p.groups, dir)
	g.adds(cgroupKind, dir)
	var errs []error
	for file, value := range files {
		errs = append(errs, os.WriteFile(filepath.Join(dir, file), []byte(value), 0o644))
	}
	return errors.Join(errs...)
}

// admit puts a process into the groups, whose jailer has stopped, and lets it go on.
func (p *limited) admit(pid int) error {
	if err := awaitStop(pid); err != nil {
		return err
	}
	for _, dir := range p.groups {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o644); err != nil && !p.limits.Lenient {
			return err
		}
	}
	return syscall.Kill(pid, syscall.SIGCONT)
}

// remove kills all that is in the groups, whatever it did to leave its process group, and
// removes them.
func (p *limited) remove(g *guard) error {
	var errs []error
	for _, dir := range p.groups {
		errs = append(errs, removeCgroup(dir))
		g.drops(cgroupKind, dir)
	}
	return errors.Join(errs...)
}

func removeCgroup(dir string) error {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(cgroupEnd); ; <-ticker.C {
		content, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs")) // empty: it is gone
		for _, word := range strings.Fields(string(content)) {
			if pid, err := strconv.Atoi(word); err == nil && pid > 1 {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
			}
		}
		err := os.Remove(dir)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("ending the processes of a control group, for %v: %w", cgroupEnd, err)
		}
	}
}
