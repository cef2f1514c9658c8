package grade

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Runner plays scenarios: Go tests, compiled beforehand, each in a process of its own.
type Runner struct {
	Tests     string        // the compiled tests
	Folder    string        // where they run: the folder of their package
	Container bool          // programs of the project run in containers
	Lenient   bool          // limits that this machine cannot set are left out
	Limit     time.Duration // of one run; one that takes longer says nothing about the submission
	Getenv    func(string) string
}

// maxSaid bounds what is kept of what a run prints.
const maxSaid = 64 << 10

// killDelay is for a run that is to end to clean up.
const killDelay = 70 * time.Second

// play plays a scenario once with a submission. It keeps what a run leaves in a folder.
func (r *Runner) play(ctx context.Context, test string, s *Submission, folder string) Attempt {
	unknown := func(format string, args ...any) Attempt {
		return Attempt{Outcome: Unknown, Because: fmt.Sprintf(format, args...)}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return unknown("%v", err)
	}
	told := filepath.Join(folder, "attempt.json")
	if err := os.Remove(told); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unknown("%v", err)
	}
	limited, cancel := context.WithTimeout(ctx, r.Limit)
	defer cancel()
	cmd := exec.CommandContext(limited, r.Tests, "-test.run", pattern(test), "-test.count=1", "-test.timeout=0")
	cmd.Dir, cmd.Env = r.Folder, r.environment(s, told, folder)
	said := &tail{most: maxSaid}
	cmd.Stdout, cmd.Stderr = said, said
	// It ends when this pipe does, should this process be killed.
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return unknown("%v", err)
	}
	cmd.Cancel = pipe.Close // it then removes what it has made
	cmd.WaitDelay = killDelay
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return Attempt{Outcome: NotRun}
	case limited.Err() != nil:
		return unknown("the scenario did not end within %v", r.Limit)
	}
	var a Attempt
	content, missing := os.ReadFile(told)
	if missing == nil {
		missing = json.Unmarshal(content, &a)
	}
	switch {
	case missing != nil && bytes.Contains(said.kept, []byte("no tests to run")):
		return unknown("there is no test %s", test)
	case missing != nil:
		return unknown("the scenario did not say what became of it (%v): %s", ended(err), lastLine(said.kept))
	case a.Outcome == Passed && err != nil: // something after the scenario's end
		return unknown("the bench failed after the scenario (%v): %s", err, lastLine(said.kept))
	}
	return a
}

// pattern matches one test, as -test.run does.
func pattern(test string) string {
	return "^" + strings.ReplaceAll(test, "/", "$/^") + "$"
}

func ended(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// environment is what a run is told: a fixed one, so that a grade depends on nothing else.
func (r *Runner) environment(s *Submission, told, folder string) []string {
	env := []string{"LANG=C.UTF-8", "PEERLAB_ATTEMPT=" + told, "PEERLAB_ARTIFACTS=" + folder, "PEERLAB_KEEP=1"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "PEERLAB_BIN", "PEERLAB_NETWORK"} {
		if value := r.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	if r.Container {
		env = append(env, "PEERLAB_E2E=container")
	}
	if s.Group != 0 {
		env = append(env, fmt.Sprintf("PEERLAB_LIMITS=%d:%s", s.Group, s.work))
		if r.Lenient {
			env = append(env, "PEERLAB_LENIENT=1")
		}
	}
	if o := s.original(); o != nil {
		if told, err := json.Marshal(o); err == nil {
			env = append(env, "PEERLAB_ORIGINAL="+string(told))
		}
	}
	for role, program := range s.Plays {
		env = append(env, "PEERLAB_"+strings.ToUpper(strings.ReplaceAll(role, "-", "_"))+"="+program)
	}
	return env
}

// tail keeps the last bytes that are written to it.
type tail struct {
	most int
	kept []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.kept = append(t.kept, b...)
	if more := len(t.kept) - t.most; more > 0 {
		t.kept = append(t.kept[:0], t.kept[more:]...)
	}
	return len(b), nil
}

// lastLine returns the last line that is not empty.
func lastLine(b []byte) string {
	b = bytes.TrimSpace(b)
	return string(b[bytes.LastIndexByte(b, '\n')+1:])
}
