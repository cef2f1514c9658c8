package lab

import (
	"fmt"
	"strings"
)

// withoutEnding is the rule for how a line of a foreign program may end. What it
// removes does not count, neither in the line shown nor in the line that a
// scenario expects: blanks and a carriage return before the LF. The last line of
// an output may also lack its LF. The lines of the project's own programs are
// compared byte for byte.
func withoutEnding(line string) string { return strings.TrimRight(line, " \t\r") }

// compared returns a line, shown or expected, as the lab compares it for this process.
func (p *Process) compared(line string) string {
	if p.Foreign() {
		return withoutEnding(line)
	}
	return line
}

// allCompared is compared for several lines.
func (p *Process) allCompared(lines []string) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = p.compared(line)
	}
	return all
}

// endingText says for the report to how many lines the rule applies; "" if to none.
func (p *Process) endingText(lines []Line) string {
	n := 0
	for _, line := range lines {
		if p.compared(line.Text) != line.Text {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return "; blanks or a carriage return at the end of 1 line do not count"
	default:
		return fmt.Sprintf("; blanks or a carriage return at the ends of %d lines do not count", n)
	}
}
