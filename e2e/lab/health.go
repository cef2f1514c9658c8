package lab

import (
	"fmt"
	"strings"

	bench "peerlab/lab"
)

// symptoms are beginnings of lines that a Go program writes to its stderr when
// something is wrong with the program itself.
var symptoms = []string{"WARNING: DATA RACE", "panic: ", "fatal error: "}

// sickness describes a symptom on the stderr of a process, in any life, which
// no program may have whatever is done to it; "" without any.
func (p *Process) sickness() string {
	for _, e := range p.Process.Lives() {
		for i, line := range e.Output(bench.Stderr).Since(0).Lines {
			for _, symptom := range symptoms {
				if strings.HasPrefix(line.Text, symptom) {
					return fmt.Sprintf("%s crashed or has a data race: %q in line %d of its stderr", p.inLife(e), shorten(line.Text), i+1)
				}
			}
		}
	}
	return ""
}
