// Package proc starts, measures and ends the processes that are compared. It is
// for Linux: what it knows comes from /proc and the processes' clocks.
package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// leaveTime is how long a process that was told to leave may take.
const leaveTime = 5 * time.Second

// Server is a process that runs until it is stopped.
type Server struct {
	name string
	cmd  *exec.Cmd
	says tail
	done chan struct{} // closed when it has ended
}

// Start starts a server. name is what errors call it.
func Start(name, path string, args ...string) (*Server, error) {
	s := &Server{name: name, cmd: exec.Command(path, args...)}
	s.cmd.Stdout = &s.says
	return s.start()
}

// StartPiped starts a program at whose terminal somebody sits.
func StartPiped(name string, stdin, stdout *os.File, path string, args ...string) (*Server, error) {
	s := &Server{name: name, cmd: exec.Command(path, args...)}
	s.cmd.Stdin, s.cmd.Stdout = stdin, stdout
	return s.start()
}

func (s *Server) start() (*Server, error) {
	s.done = make(chan struct{})
	s.cmd.Stderr = &s.says
	s.cmd.WaitDelay = time.Second // for what it may have started, which has the same stderr
	s.cmd.SysProcAttr = diesWithUs()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	go func() {
		defer close(s.done)
		_ = s.cmd.Wait() // a server that ends by itself is noticed by whoever asks it
	}()
	return s, nil
}

// Said returns the last line that the server has written to stderr, or to
// stdout, if that is nobody's terminal.
func (s *Server) Said() string { return s.says.last() }

// Last returns what Said does, once the server has ended, or after a second.
func (s *Server) Last() string {
	late := time.NewTimer(time.Second)
	defer late.Stop()
	select {
	case <-s.done:
	case <-late.C:
	}
	return s.Said()
}

// Kill ends the server by SIGKILL. It returns when the process is gone.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // it may have gone already
	<-s.done
}

// diesWithUs has the kernel tell a child to leave when this program is killed
// and can't do so itself.
func diesWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}

// PID returns the server's process ID.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Stop ends the server: by SIGTERM, and by SIGKILL if that does not help. It
// returns when the process is gone.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have gone already
	late := time.NewTimer(leaveTime)
	defer late.Stop()
	select {
	case <-s.done:
	case <-late.C:
		s.Kill()
	}
}

// Ready waits until check is content, and at most 10 seconds. It fails at once
// when the server has ended.
func (s *Server) Ready(ctx context.Context, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("%s has ended at once: %s", s.name, s.says.last())
		case <-ctx.Done():
			return fmt.Errorf("%s does not get ready: %w; it says: %s", s.name, err, s.says.last())
		case <-again.C:
		}
	}
}

// family returns the process IDs of the server and its children.
func (s *Server) family() ([]int, error) {
	pids := []int{s.cmd.Process.Pid}
	own := strconv.Itoa(s.cmd.Process.Pid)
	children, err := os.ReadFile(filepath.Join("/proc", own, "task", own, "children"))
	if err != nil && !errors.Is(err, os.ErrNotExist) { // a kernel without that list: only nginx has children
		return nil, err
	}
	for pid := range strings.FieldsSeq(string(children)) {
		n, err := strconv.Atoi(pid)
		if err != nil {
			return nil, fmt.Errorf("children of %s: %w", s.name, err)
		}
		pids = append(pids, n)
	}
	return pids, nil
}

// CPU returns the processor time that the server and its children have used.
func (s *Server) CPU() (time.Duration, error) {
	pids, err := s.family()
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, pid := range pids {
		used, err := CPU(pid)
		if err != nil {
			return 0, fmt.Errorf("processor time of %s: %w; it says: %s", s.name, err, s.says.last())
		}
		sum += used
	}
	return sum, nil
}

// CPU returns the processor time that a process has used.
func CPU(pid int) (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(cpuClock(pid), &t)
	return time.Duration(t.Nano()), err
}

// cpuClock is clock_getcpuclockid(3): the clock of all threads of a process, in
// nanoseconds, where /proc/PID/stat counts hundredths of a second.
func cpuClock(pid int) int32 { return int32(^pid<<3 | 2) }

// PeakMemory returns the most bytes that the server has had in memory so far, and
// so its children, each by itself: what they share counts for each.
func (s *Server) PeakMemory() (int64, error) {
	pids, err := s.family()
	if err != nil {
		return 0, err
	}
	sum := int64(0)
	for _, pid := range pids {
		peak, err := memory(pid, "VmHWM")
		if err != nil {
			return 0, fmt.Errorf("memory of %s: %w; it says: %s", s.name, err, s.says.last())
		}
		sum += peak
	}
	return sum, nil
}

// Used is what a server has used.
type Used struct {
	CPU  time.Duration
	Peak int64 // bytes
}

// During runs f, and returns the processor time that the server and its children
// have used meanwhile, and the most memory that they have had so far.
func (s *Server) During(f func() error) (Used, error) {
	before, err := s.CPU()
	if err != nil {
		return Used{}, err
	}
	if err := f(); err != nil {
		return Used{}, err
	}
	after, err := s.CPU()
	if err != nil {
		return Used{}, err
	}
	peak, err := s.PeakMemory()
	return Used{after - before, peak}, err
}

// Memory returns how many bytes a process has in memory now.
func Memory(pid int) (int64, error) { return memory(pid, "VmRSS") }

func memory(pid int, field string) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return bytesOf(string(status), field)
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
