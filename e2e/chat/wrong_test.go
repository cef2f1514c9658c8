package chat

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// wrongPrograms are the typical faults of foreign/wrong/wrong.py: how the programs with
// that fault are run, a scenario that they fail, and what the first line of its failure
// says.
var wrongPrograms = []struct{ fault, kind, scenario, says string }{
	{"none", "cmd+pipe", "TestPhase1", `; it printed nothing until it exited: flush after each line, or run it on a terminal$`},
	{"no line end on the screen", "cmd", "TestPhase1", `; server shows ".*" without a line end: print "\\n" behind each line$`},
	{"no line end, no flush", "cmd", "TestPhase1", `; it printed nothing until it exited: end each line with "\\n", and flush after it$`},
	{"no line end on the wire", "cmd", "TestPhase1", `; server sent ".*" to client\d without a line end: send "\\n" behind each message`},
	{"two lines taken for one", "cmd", "TestPhase1", `; \w+ shows two messages on one line, ".*": one recv may return more than one message;`},
	{"a line taken for two", "cmd", "TestPhase1", `; \w+ shows one message on two lines, ".*" and ".*": one recv may return a part of a message;`},
	{"no SO_REUSEADDR", "cmd", "TestPhase2", `^server \(life 2\) exited with status 1 .*Address already in use": .*; set SO_REUSEADDR on the socket before bind$`},
	{"listens everywhere", "cmd", "TestPhase1ListensOnLoopbackOnly", `^server listens at 0\.0\.0\.0:4000, which other machines reach: bind its socket to 127\.0\.0\.1`},
	{"server does not listen", "cmd", "TestPhase1", `; server has no socket that listens .*: call bind and listen`},
	{"client does not listen", "cmd", "TestPhase1", `nothing listens where it connects to; client\d has no socket that listens .*: call bind and listen`},
	{"server at another port", "cmd", "TestPhase1", `nothing listens where it connects to; server listens at 127\.0\.0\.1:4001: connect to that port$`},
	{"client at another port", "cmd", "TestPhase1", `nothing listens where it connects to; client\d listens at 127\.0\.0\.1:21\d+, and should at 127\.0\.0\.1:20\d+,`},
	{"busy loop", "cmd", "TestPhase1LeavesTheProcessorIdle", `^client1.* used a whole processor with nothing to do \(a busy loop\): wait in recv`},
	{"exits when a client is killed", "cmd", "TestAClientThatIsKilledLeavesNoTrace", `^client\d exited with status 1 .*: a program that it was connected to is gone \(the scenario has killed client1\); catch this error`},
	{"deadlock", "cmd", "TestPhase1", `; client\d received it from \w+, ".*", and shows nothing after ".*": does a thread of it wait for a lock \(a deadlock\)`},
	{"reconnected is broadcast", "cmd", "TestPhase2", `^client\d .*; "Client \d: reconnected" is on the screen of server, .*: is a line broadcast that is for one program only\?$`},
	{"own line is echoed", "cmd", "TestPhase1", `^client1 shows "Client 1: hello, all" once, expected not at all.*; that was typed at client1 itself, which should .* not show it$`},
	{"registry at the exit", "cmd", "TestPhase1", `the ports that the clients listen at.*; it wrote that only when it exited: write the file, and flush or close it`},
	{"earlier clients do not show initiated", "cmd", "TestPhase1", `; client\d received it from client\d, "Client \d: initiated\.", and does not show it`},
	{"traceback at the start", "cmd", "TestPhase1", `^server exited with status 1 before it listened at any port; its stderr says "AttributeError: module 'threading' has no attribute 'Lok'`},
	{"Exit is not known", "cmd", "TestPhase1", `^server still runs, .* after "Exit" was typed; client\d shows "Server: Exit": it was sent as a message`},
}

// The first line of a failure names the fault. Each wrong pair of programs plays in a test
// binary of its own, in which it must fail.
func TestTheFirstLineNamesTheFault(t *testing.T) {
	if runtime.GOOS != "linux" || lab.InContainers() {
		lab.LeaveOut(t, "it is about processes of this machine, on Linux")
	}
	lab.Needs(t, "python3")
	lab.Parallel(t)
	lab.New(t).Wire() // all use the same ports at the same time, and messages are followed
	// python3 may be a script that looks for the interpreter at each start.
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	require.NoError(t, err)
	type run struct {
		out []byte
		err error
	}
	runs := make([]chan run, len(wrongPrograms))
	for i, w := range wrongPrograms { // all at once: most wait for what does not come
		runs[i] = make(chan run, 1)
		binary := wrongRun(t, fmt.Sprintf("%s:'%s'", w.kind, strings.TrimSpace(string(python))), w.fault, w.scenario)
		go func() {
			out, err := binary.CombinedOutput()
			runs[i] <- run{out, err}
		}()
	}
	for i, w := range wrongPrograms {
		t.Run(w.fault, func(t *testing.T) {
			r := <-runs[i]
			var failed *exec.ExitError
			require.ErrorAs(t, r.err, &failed, "the scenario has to fail:\n%s", r.out)
			line := failureLine.FindSubmatch(r.out)
			require.NotNil(t, line, "no failure of a scenario:\n%s", r.out)
			assert.Regexp(t, w.says, string(line[1]), "%s", r.out)
		})
	}
}

// failureLine is the first line of a failure in the output of a test binary.
var failureLine = regexp.MustCompile(`(?m)^ +\w+_test\.go:\d+: (.*)$`)

// wrongRun is a run of this test binary that plays a scenario with wrong programs.
func wrongRun(t *testing.T, python, fault, scenario string) *exec.Cmd {
	t.Helper()
	program, err := filepath.Abs("../foreign/wrong/wrong.py")
	require.NoError(t, err)
	command := fmt.Sprintf("%s '%s' '%s'", python, program, fault)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	binary := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+scenario+"$", "-test.timeout=110s", "-test.v")
	binary.Env = append(os.Environ(),
		"PYTHONUNBUFFERED=", "PEERLAB_E2E=native", "PEERLAB_TURNS=", "PEERLAB_ARTIFACTS="+t.TempDir(),
		"PEERLAB_SERVER="+command+" server {}", "PEERLAB_CLIENT="+command+" client {ID} {PORT1} {PORT2}")
	binary.Cancel = func() error { return binary.Process.Signal(os.Interrupt) } // it ends its programs
	binary.WaitDelay = 10 * time.Second
	return binary
}
