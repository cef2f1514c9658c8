package lab

import (
	"fmt"
	"slices"
	"time"
)

// typedAtOnce is how many bytes have to be taken within one typeTimeout: what a
// pipe holds, so that somebody who reads slowly is not taken for one who does not.
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

// CloseStdin ends the process's standard input.
func (p *Process) CloseStdin() {
	p.lab.t.Helper()
	p.lab.note(p.spec.Name, "end of input")
	if err := p.now().running.stdin().close(); err != nil {
		p.lab.fail("%v: ending its input: %v", p, err)
	}
}

func (p *Process) types(b []byte) {
	p.lab.t.Helper()
	in := p.now().running.stdin()
	var err error
	for part := range slices.Chunk(b, typedAtOnce) {
		if err = in.SetWriteDeadline(time.Now().Add(typeTimeout)); err == nil {
			_, err = in.Write(part)
		}
		if err != nil {
			break
		}
	}
	if err != nil {
		p.lab.fail("%v did not take what was typed within %v (typeTimeout): %v", p, typeTimeout, err)
	}
}
