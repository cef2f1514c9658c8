package lab

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"peerlab/lab/event"
)

// typedAtOnce is how many bytes have to be taken within one typeTimeout: what a
// pipe holds, so that a slow reader is not taken for one that does not read.
const typedAtOnce = 64 << 10

// Types types a line on the process's standard input. It ends the test if the
// process takes nothing for typeTimeout.
func (p *Process) Types(line string) {
	p.lab.t.Helper()
	p.lab.note(p.spec.Name, "types "+shorten(line))
	p.types([]byte(line + "\n"))
}

// TypesRaw writes these bytes, and nothing else, to the standard input.
func (p *Process) TypesRaw(b []byte) {
	p.lab.t.Helper()
	p.lab.note(p.spec.Name, fmt.Sprintf("types %d bytes", len(b)))
	p.types(b)
}

// CloseStdin ends the process's standard input, at a terminal by Ctrl-D.
func (p *Process) CloseStdin() {
	p.lab.t.Helper()
	p.lab.note(p.spec.Name, "end of input")
	if err := p.now().running.stdin().close(); err != nil {
		p.lab.failAt(p, "%v: closing its standard input: %v", p, err)
	}
}

func (p *Process) types(b []byte) {
	p.lab.t.Helper()
	e := p.now()
	for line := range strings.Lines(string(b)) {
		e.happened(event.Typed, strings.TrimSuffix(line, "\n"))
	}
	in := e.running.stdin()
	var err error
	for part := range slices.Chunk(b, typedAtOnce) {
		if err = in.SetWriteDeadline(time.Now().Add(typeTimeout)); err == nil {
			_, err = in.Write(part)
		}
		if err != nil {
			break
		}
	}
	switch {
	case err == nil:
	case errors.Is(err, errTerminalLine):
		p.lab.failAt(p, "%v cannot be typed %s: %v", p, typed(b), err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.lab.failAt(p, "%v did not read its standard input for %v (typeTimeout) while the scenario typed %d bytes: %s",
			p, typeTimeout, len(b), typed(b))
	case e.exitedSoon():
		p.lab.failAt(p, "%v %s before the scenario could type %s", p, e.outcome(), typed(b))
	default:
		p.lab.failAt(p, "%v runs but has closed its standard input, so the scenario cannot type %s (%v)", p, typed(b), err)
	}
}

// typed is what was typed, for messages.
func typed(b []byte) string {
	return strconv.Quote(shorten(strings.TrimSuffix(string(b), "\n")))
}
