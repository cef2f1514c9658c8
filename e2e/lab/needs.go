package lab

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	bench "peerlab/lab"
	"peerlab/lab/grade"
)

// Needs leaves the test out unless all these programs are installed. Where
// PEERLAB_REQUIRE names one that is not, the test fails instead.
func Needs(t testing.TB, programs ...string) {
	t.Helper()
	required := strings.Split(os.Getenv("PEERLAB_REQUIRE"), ",")
	for _, program := range programs {
		if _, err := exec.LookPath(program); err == nil {
			continue
		}
		if slices.Contains(required, program) {
			t.Fatalf("lab: %s is not installed, and PEERLAB_REQUIRE names it: install it, or take it from there", program)
		}
		LeaveOut(t, program+" is not installed")
	}
}

// NeedsOwn leaves the test out if the environment gives one of these roles, or one
// process of it, to a program that is not the project's own. It is for tests of
// flags and messages that docs/protocol.md does not specify.
func NeedsOwn(t testing.TB, roles ...string) {
	t.Helper()
	for name, told := range settings() {
		for _, role := range roles {
			if !strings.HasPrefix(name, role) {
				continue
			}
			foreign, err := bench.ForeignProgram(told)
			if err != nil {
				t.Fatalf("lab: %s: %v", variable(name), err)
			}
			if foreign {
				LeaveOut(t, "it tests this implementation's own flags and messages, and "+role+" is foreign ("+variable(name)+")")
			}
		}
	}
}

// LeaveOut skips a test that cannot be run here.
func LeaveOut(t testing.TB, reason string) {
	t.Helper()
	r, err := theRun()
	if err != nil {
		t.Fatalf("lab: %v", err)
	}
	if err := r.attempt.tell(grade.Attempt{Outcome: grade.Unknown, Because: reason}); err != nil {
		t.Fatalf("lab: %v", err)
	}
	t.Skip(reason)
}
