package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	bench "peerlab/lab"
)

// Types types a line on the process's standard input. It ends the test if the
// process takes nothing for typeTimeout.
func (p *Process) Types(line string) {
	p.lab.t.Helper()
	p.TypesRaw([]byte(line + "\n"))
}

// TypesRaw writes these bytes, and nothing else, to the standard input.
func (p *Process) TypesRaw(b []byte) {
	p.lab.t.Helper()
	e := p.now()
	err := e.Type(b, typeTimeout)
	switch {
	case err == nil && bytes.Contains(b, []byte(p.lab.tag)): // a barrier's, which says nothing to a reader
	case err == nil:
		p.lab.step(fmt.Sprintf("%v is typed %s", p, typed(b)))
	case errors.Is(err, bench.ErrTerminalLine):
		p.lab.failAt(p, "%v cannot be typed %s: %v", p, typed(b), err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.lab.failAt(p, "%v did not read its standard input for %v while the scenario typed %d bytes: %s",
			p, typeTimeout, len(b), typed(b))
	case e.exitedSoon():
		p.lab.failAt(p, "%v %s before the scenario could type %s", p, e.Outcome(), typed(b))
	default:
		p.lab.failAt(p, "%v runs but has closed its standard input, so the scenario cannot type %s (%v)", p, typed(b), err)
	}
}

// CloseStdin ends the process's standard input, at a terminal by Ctrl-D.
func (p *Process) CloseStdin() {
	p.lab.t.Helper()
	if err := p.now().CloseInput(); err != nil {
		p.lab.failAt(p, "%v: closing its standard input: %v", p, err)
	}
}

// typed is what was typed, for messages.
func typed(b []byte) string {
	return strconv.Quote(shorten(strings.TrimSuffix(string(b), "\n")))
}
