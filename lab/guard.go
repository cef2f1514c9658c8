package lab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The guard is a second process of the same program that undoes what a bench
// did, whatever becomes of it: it is told through a pipe what there is, and acts
// when the pipe closes, by Close, by a signal, by a panic or by kill -9. (The death signal of Linux would
// do less: it is tied to the thread that started a process, and misses the
// children of that process.)

// guardTask is set in the guard's environment to the bench it is for.
const guardTask = "PEERLAB_LAB_GUARD"

// relieveTimeout is for killing the processes and removing the containers.
const relieveTimeout = 60 * time.Second

// guard is the run's end of the pipe. Its methods may be called from any
// goroutine; before start and after relieve they do nothing.
type guard struct {
	mu   sync.Mutex
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

// start starts the guard process for the run.
func (g *guard) start(run string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("starting the guard: %w", err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), guardTask+"="+run)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C is not for it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("starting the guard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the guard: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cmd, g.pipe = cmd, pipe
	return nil
}

// Kinds of what the guard undoes, in this order.
const (
	groupKind     = "group"      // a process group, by its number: it is killed
	cgroupKind    = "cgroup"     // a control group: what is in it is ended
	containerKind = "containers" // of the run
	folderKind    = "folder"     // last, when no process writes there any more
)

// adds tells the guard of what it has to undo, and drops of what it has not to any more.
func (g *guard) adds(kind string, what any)  { g.tell('+', kind, what) }
func (g *guard) drops(kind string, what any) { g.tell('-', kind, what) }

func (g *guard) tell(sign rune, kind string, what any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pipe != nil {
		_, _ = fmt.Fprintf(g.pipe, "%c%s %v\n", sign, kind, what)
	}
}

// relieve makes the guard undo all that is left, and waits for its end.
func (g *guard) relieve() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pipe == nil {
		return nil
	}
	_ = g.pipe.Close()
	g.pipe = nil
	if err := g.cmd.Wait(); err != nil {
		return fmt.Errorf("cleaning up after the run: %w: its own message is above", err)
	}
	return nil
}

// StandGuard is to be called at the beginning of a program that opens a bench. If this
// process is the guard of one, or a jailer, which run the same program, it does that work,
// and ok is true: the process is then to exit with the status.
func StandGuard() (status int, ok bool) {
	if task := os.Getenv(jailTask); task != "" {
		return standJailer(task), true
	}
	if os.Getenv(guardTask) == "" {
		return 0, false
	}
	return standGuard(os.Stdin), true
}

// standGuard is the guard process: it returns its exit status when what it was
// told of is undone.
func standGuard(orders io.Reader) int {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	left := map[string]map[string]bool{groupKind: {}, cgroupKind: {}, containerKind: {}, folderKind: {}}
	for in := bufio.NewScanner(orders); in.Scan(); {
		order, what, _ := strings.Cut(in.Text(), " ")
		switch known := left[strings.TrimLeft(order, "+-")]; {
		case known == nil: // it was cut off
		case order[0] == '+':
			known[what] = true
		default:
			delete(known, what)
		}
	}
	all := func(kind string) []string { return slices.Sorted(maps.Keys(left[kind])) }
	// An engine that does not answer must not keep the guard for ever.
	time.AfterFunc(relieveTimeout, func() {
		fmt.Fprintf(os.Stderr, "lab: guard: cleaning up took longer than %v; this may be left: folders %v%s\n",
			relieveTimeout, all(folderKind), leftContainers(all(containerKind)))
		os.Exit(1)
	})
	var errs []error
	for _, group := range all(groupKind) {
		if pgid, _ := strconv.Atoi(group); pgid > 1 {
			_ = syscall.Kill(-pgid, syscall.SIGKILL) // it may have ended by itself
		}
	}
	for _, dir := range all(cgroupKind) {
		errs = append(errs, removeCgroup(dir))
	}
	for _, run := range all(containerKind) {
		errs = append(errs, sweepRun(run))
	}
	for _, dir := range all(folderKind) {
		errs = append(errs, removeFolder(dir))
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, "lab: guard:", err)
		return 1
	}
	return 0
}

// leftContainers says how to remove the containers of runs.
func leftContainers(runs []string) (text string) {
	for _, run := range runs {
		text += fmt.Sprintf("; containers: 'docker ps -aq --filter label=%s=%s' lists them, 'docker rm -f' removes them", runLabel, run)
	}
	return text
}
