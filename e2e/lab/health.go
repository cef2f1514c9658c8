package lab

import (
	"fmt"
	"strings"
)

// symptoms are beginnings of lines that a Go program writes to its stderr when
// something is wrong with the program itself.
var symptoms = []string{"WARNING: DATA RACE", "panic: ", "fatal error: "}

// sickness says what was found on the stderr of a process, in any epoch, that
// no program may write whatever is done to it; "" if nothing was.
func (p *Process) sickness() string {
	for _, e := range p.history() {
		for i, line := range e.outputs[stderr].since(0).lines {
			for _, symptom := range symptoms {
				if strings.HasPrefix(line.Text, symptom) {
					return fmt.Sprintf("%s (epoch %d) has %q on its stderr, line %d", p.Name(), e.number, line.Text, i+1)
				}
			}
		}
	}
	return ""
}
