package proc

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// CPU returns the processor time that the process and its children have used.
func (p *Process) CPU() (time.Duration, error) {
	ns, err := p.sum(func(pid int) (int64, error) {
		var t unix.Timespec
		err := unix.ClockGettime(cpuClock(pid), &t)
		return t.Nano(), err
	})
	return time.Duration(ns), err
}

// cpuClock is clock_getcpuclockid(3): the clock of all threads of a process, in
// nanoseconds, where /proc/PID/stat counts hundredths of a second.
func cpuClock(pid int) int32 { return int32(^pid<<3 | 2) }

// Memory returns the bytes that the process and its children have in memory. Pages that
// they share count for each.
func (p *Process) Memory() (int64, error) { return p.memory("VmRSS") }

// PeakMemory returns the most that Memory can have been so far.
func (p *Process) PeakMemory() (int64, error) { return p.memory("VmHWM") }

func (p *Process) memory(field string) (int64, error) {
	return p.sum(func(pid int) (int64, error) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, err
		}
		return bytesOf(string(status), field)
	})
}

// sum adds up a figure of the process and its children.
func (p *Process) sum(of func(pid int) (int64, error)) (sum int64, err error) {
	own := p.PID()
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", own))
	if err != nil && !errors.Is(err, os.ErrNotExist) { // a kernel without that list: only nginx has children
		return 0, err
	}
	for pid := range strings.FieldsSeq(strconv.Itoa(own) + " " + string(children)) {
		n, err := strconv.Atoi(pid)
		if err != nil {
			return 0, err
		}
		x, err := of(n)
		if err != nil {
			return 0, p.Failed(err)
		}
		sum += x
	}
	return sum, nil
}

// bytesOf finds a line like "VmHWM:  5768 kB".
func bytesOf(status, field string) (int64, error) {
	_, rest, _ := strings.Cut(status, field+":")
	line, _, _ := strings.Cut(rest, "\n")
	kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(line, "kB")), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("/proc/PID/status has no %s; is /proc mounted?", field)
	}
	return kb << 10, nil
}
