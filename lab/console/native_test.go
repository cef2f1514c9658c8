package console

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab"
)

const repeats = `while read -r line; do echo "got $line"; done; echo end`

// native is a page of a lab in which two shells repeat what is typed.
func native(t *testing.T) (*page, *Native) {
	t.Helper()
	bench, err := lab.Open(lab.Config{
		Root: t.TempDir(), LeftOut: func(line string) { t.Log(line) },
		Program: func(string) (string, error) { return "", errors.New("there is none") },
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, bench.Close()) })
	var n *Native
	p := serveStage(t, func(c *Console) Stage {
		l, err := bench.NewLab(lab.Options{Programs: map[string]string{"shell": "cmd:sh -c '" + repeats + "' {}"}, Watch: c.Watch()})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, l.Close()) })
		n = NewNative(l)
		_, err = l.Start(t.Context(), lab.Spec{Name: "shell1", Role: "shell"}, lab.Spec{Name: "shell2", Role: "shell"})
		require.NoError(t, err)
		return n
	})
	return p, n
}

func (n *Native) program(t *testing.T, name string) Program {
	t.Helper()
	for _, p := range n.Programs() {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("%s is not shown", name)
	return Program{}
}

func (n *Native) await(t *testing.T, name string, state RunState) {
	t.Helper()
	_, e, err := n.find(name)
	require.NoError(t, err)
	if state == Exited {
		select {
		case <-e.Ended():
		case <-time.After(10 * time.Second):
			t.Fatalf("%s has not ended", name)
		}
	}
	assert.Equal(t, state, n.program(t, name).State)
	assert.Equal(t, actions(state), n.program(t, name).Can)
}

func TestProgramsAreTypedAtAndControlled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("programs have a terminal on Linux only")
	}
	p, n := native(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	do := func(r request) { t.Helper(); require.NoError(t, p.do(ctx, r)) }
	v, shown := &viewer{}, ""
	awaitText := func(text string) {
		t.Helper()
		for !strings.Contains(shown, text) {
			u := p.hub.next(v)
			for _, o := range u.outputs {
				if o.terminal == "shell1" {
					shown += string(o.text)
				}
			}
			if u.changed != nil {
				select {
				case <-u.changed:
				case <-ctx.Done():
					t.Fatalf("%q is not shown, but %q", text, shown)
				}
			}
		}
	}
	do(request{Do: "type", Name: "shell1", Text: "one"})
	awaitText("\x1b[1mone\x1b[0m\r\ngot one\n")
	do(request{Do: "pause", Name: "shell1"})
	n.await(t, "shell1", Paused)
	n.await(t, "shell2", Running)
	do(request{Do: "type", Name: "shell1", Text: "two"})
	do(request{Do: "heal-all"})
	n.await(t, "shell1", Running)
	awaitText("got two\n")
	require.ErrorContains(t, p.do(ctx, request{Do: "start", Name: "shell1"}), "cannot be done")
	do(request{Do: "kill", Name: "shell1"})
	n.await(t, "shell1", Exited)
	awaitText("[was ended by SIGKILL (status 137)]")
	require.ErrorContains(t, p.do(ctx, request{Do: "type", Name: "shell1", Text: "x"}), "start it first")
	require.ErrorContains(t, p.do(ctx, request{Do: "kill", Name: "shell1"}), "cannot be done")
	do(request{Do: "start", Name: "shell1"})
	assert.Equal(t, 2, n.program(t, "shell1").Life)
	do(request{Do: "end-input", Name: "shell1"})
	awaitText("end\n")
	n.await(t, "shell1", Exited)
	require.ErrorContains(t, p.do(ctx, request{Do: "kill", Name: "shell9"}), `no program "shell9"`)
	require.ErrorContains(t, p.do(ctx, request{Do: "explode", Name: "shell2"}), `no action "explode"`)
	require.ErrorContains(t, p.do(ctx, request{Do: "type", Name: "shell2", Text: "a\nb"}), "one line")
	for name, path := range n.Files() {
		assert.Equal(t, name, filepath.Base(path))
		_, err := os.Stat(path)
		require.NoError(t, err)
	}
}
