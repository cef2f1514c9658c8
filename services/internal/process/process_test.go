package process

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// outcome is the observable result of a program.
type outcome struct {
	status      int
	out, stderr string
}

// call runs p with the arguments and an empty stdin.
func call(t *testing.T, p Program, args ...string) outcome {
	t.Helper()
	in, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer in.Close()
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "out"))
	require.NoError(t, err)
	defer out.Close()
	errs, err := os.Create(filepath.Join(dir, "err"))
	require.NoError(t, err)
	defer errs.Close()

	status := p.main(args, in, out, errs)
	outText, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	errText, err := os.ReadFile(errs.Name())
	require.NoError(t, err)
	return outcome{status, string(outText), string(errText)}
}

// node returns a program that has a flag and one argument, and writes to its
// screen.
func node() Program {
	listen := ""
	return Program{
		Name:   "node",
		Manual: "node - this is the manual\n",
		Flags:  func(f *flag.FlagSet) { f.StringVar(&listen, "listen", "4000", "") },
		Check: func(args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%d arguments, not one", len(args))
			}
			return nil
		},
		Serve: func(_ context.Context, p *Process) error {
			p.Log.Debug("a detail")
			p.Log.Warn("a warning")
			_, err := fmt.Fprintln(p.Console.Out, "serving at", listen)
			return err
		},
		Health: func(context.Context) error { return nil },
	}
}

// failing returns the program of node, with hooks that return the given errors.
func failing(check, serve, health error) Program {
	p := node()
	p.Check = func([]string) error { return check }
	p.Serve = func(context.Context, *Process) error { return serve }
	p.Health = func(context.Context) error { return health }
	return p
}

func TestStatusAndStreams(t *testing.T) {
	down := errors.New("it is down; start it")
	version := fmt.Sprintf("node (peerlab) %s %s %s/%s\n", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for name, test := range map[string]struct {
		p    Program
		args string
		want outcome
	}{
		"done":                    {node(), "x", outcome{0, "serving at 4000\n", "WRN a warning\n"}},
		"a flag":                  {node(), "-listen 5000 x", outcome{0, "serving at 5000\n", "WRN a warning\n"}},
		"-h":                      {node(), "-h", outcome{0, "node - this is the manual\n", ""}},
		"-help":                   {node(), "--help", outcome{0, "node - this is the manual\n", ""}},
		"-h beside another":       {node(), "-v -h x", outcome{0, "node - this is the manual\n", ""}},
		"a flag after it":         {node(), "x -listen 5000", outcome{0, "serving at 5000\n", "WRN a warning\n"}}, // fault U8
		"-h after it":             {node(), "x -h", outcome{0, "node - this is the manual\n", ""}},
		"a dash after --":         {node(), "-listen 5000 -- -x", outcome{0, "serving at 5000\n", "WRN a warning\n"}},
		"-version":                {node(), "-version", outcome{0, version, ""}},
		"-version beside another": {node(), "-v -version a b", outcome{0, version, ""}},
		"an unknown flag":         {node(), "-nope x", outcome{2, "", "node: flag provided but not defined: -nope; an argument that begins with - goes after -- (node -h shows how it is used)\n"}},
		"a flag without a value":  {node(), "-listen", outcome{2, "", "node: flag needs an argument: -listen (node -h shows how it is used)\n"}},
		"no argument":             {node(), "", outcome{2, "", "node: 0 arguments, not one (node -h shows how it is used)\n"}},
		"an argument too many":    {node(), "x y", outcome{2, "", "node: 2 arguments, not one (node -h shows how it is used)\n"}},
		"Check before Serve":      {failing(down, errors.New("too late"), nil), "", outcome{2, "", "node: it is down; start it (node -h shows how it is used)\n"}},
		"Check before Health":     {failing(down, nil, errors.New("too late")), "-health", outcome{2, "", "node: it is down; start it (node -h shows how it is used)\n"}},
		"Serve":                   {failing(nil, down, nil), "", outcome{1, "", "node: it is down; start it\n"}},
		"well":                    {failing(nil, errors.New("not to be called"), nil), "-health", outcome{0, "", ""}},
		"not well":                {failing(nil, nil, down), "-health", outcome{1, "", "node: unhealthy: it is down; start it\n"}},
		// Fault F9: the second line was joined by \x0a.
		"an error of two lines":   {failing(nil, errors.Join(down, down), nil), "", outcome{1, "", "node: it is down; start it; it is down; start it\n"}},
		"an error with an escape": {failing(nil, errors.New("the peer sent \x1b[2J\u202e"), nil), "", outcome{1, "", `node: the peer sent \x1b[2J\u202e` + "\n"}},
		"usage that steers":       {node(), "-\x1b[2J", outcome{2, "", `node: flag provided but not defined: -\x1b[2J; an argument that begins with - goes after -- (node -h shows how it is used)` + "\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, call(t, test.p, strings.Fields(test.args)...))
		})
	}
}

func TestAProgramWithoutFlags(t *testing.T) {
	p := node()
	p.Flags = nil
	assert.Equal(t, 0, call(t, p, "x").status)
	assert.Equal(t, 2, call(t, p, "-listen", "5000", "x").status)
}

func TestServeHasStdin(t *testing.T) {
	p := node()
	p.Serve = func(_ context.Context, p *Process) error {
		_, err := p.Console.In.Next()
		assert.Equal(t, io.EOF, err)
		return nil
	}
	assert.Equal(t, outcome{}, call(t, p, "x"))
}
