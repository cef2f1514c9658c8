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

func (g *guard) tell(format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pipe != nil {
		_, _ = fmt.Fprintf(g.pipe, format+"\n", args...)
	}
}

func (g *guard) group(pgid int)         { g.tell("+group %d", pgid) }  // kill this process group
func (g *guard) groupGone(pgid int)     { g.tell("-group %d", pgid) }  // no longer
func (g *guard) folder(path string)     { g.tell("+folder %s", path) } // remove this folder
func (g *guard) folderGone(path string) { g.tell("-folder %s", path) } // no longer
func (g *guard) cgroup(path string)     { g.tell("+cgroup %s", path) } // end what is in this control group
func (g *guard) cgroupGone(path string) { g.tell("-cgroup %s", path) } // no longer
func (g *guard) containers()            { g.tell("+containers") }      // sweep those of the run

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
	task := os.Getenv(guardTask)
	if task == "" {
		return 0, false
	}
	return standGuard(os.Stdin, task), true
}

// standGuard is the guard process: it returns its exit status when what it was
// told of is undone.
func standGuard(orders io.Reader, run string) int {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	groups := map[int]bool{}
	folders := map[string]bool{}
	cgroups := map[string]bool{}
	containers := false
	for in := bufio.NewScanner(orders); in.Scan(); {
		order, arg, _ := strings.Cut(in.Text(), " ")
		pgid, _ := strconv.Atoi(arg)
		switch order {
		case "+group":
			groups[pgid] = true
		case "-group":
			delete(groups, pgid)
		case "+folder":
			folders[arg] = true
		case "-folder":
			delete(folders, arg)
		case "+cgroup":
			cgroups[arg] = true
		case "-cgroup":
			delete(cgroups, arg)
		case "+containers":
			containers = true
		}
	}
	// An engine that does not answer must not keep the guard for ever.
	time.AfterFunc(relieveTimeout, func() {
		fmt.Fprintf(os.Stderr, "lab: guard: cleaning up took longer than %v; this may be left: folders %v%s\n",
			relieveTimeout, slices.Sorted(maps.Keys(folders)), leftContainers(run, containers))
		os.Exit(1)
	})
	var errs []error
	for _, pgid := range slices.Sorted(maps.Keys(groups)) {
		if pgid > 1 {
			_ = syscall.Kill(-pgid, syscall.SIGKILL) // it may have ended by itself
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(cgroups)) {
		errs = append(errs, removeCgroup(dir))
	}
	if containers {
		errs = append(errs, sweepRun(run))
	}
	for _, dir := range slices.Sorted(maps.Keys(folders)) { // last, when no process writes there any more
		errs = append(errs, removeFolder(dir))
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, "lab: guard:", err)
		return 1
	}
	return 0
}

// leftContainers says how to remove the containers of a run, if it had any.
func leftContainers(run string, any bool) string {
	if !any {
		return ""
	}
	return fmt.Sprintf("; containers: 'docker ps -aq --filter label=%s=%s' lists them, 'docker rm -f' removes them", runLabel, run)
}
