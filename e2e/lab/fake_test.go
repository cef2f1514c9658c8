package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeT is a test that may fail without failing the one that watches it.
type fakeT struct {
	testing.TB
	name     string
	output   strings.Builder
	failed   bool
	skipped  bool
	cleanups []func()
}

func (f *fakeT) Helper()           {}
func (f *fakeT) Name() string      { return f.name }
func (f *fakeT) Failed() bool      { return f.failed }
func (f *fakeT) Cleanup(do func()) { f.cleanups = append(f.cleanups, do) }
func (f *fakeT) Log(args ...any)   { fmt.Fprintln(&f.output, args...) }

func (f *fakeT) Logf(format string, args ...any) { fmt.Fprintf(&f.output, format+"\n", args...) }

func (f *fakeT) Errorf(format string, args ...any) {
	f.Logf(format, args...)
	f.failed = true
}

func (f *fakeT) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

func (f *fakeT) Skip(args ...any) {
	f.Log(args...)
	f.skipped = true
	runtime.Goexit()
}

// watch runs a test that is meant to fail, cleanups and all, and returns what
// it wrote. The artifacts it left stay until t ends.
func watch(t *testing.T, test func(t testing.TB)) string {
	t.Helper()
	r, err := theRun()
	require.NoError(t, err)
	name, _, _ := strings.Cut(t.Name(), "/")
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Join(r.artifacts, name)) })
	f := play(t, test)
	if !f.failed {
		t.Fatalf("a test that is meant to fail passed; it wrote:\n%s", f.output.String())
	}
	return f.output.String()
}

// play runs a test, cleanups and all, that may end in any way.
func play(t *testing.T, test func(t testing.TB)) *fakeT {
	t.Helper()
	f := &fakeT{TB: t, name: t.Name()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for i := len(f.cleanups) - 1; i >= 0; i-- {
				f.cleanups[i]()
			}
		}()
		test(f)
	}()
	<-done
	return f
}
