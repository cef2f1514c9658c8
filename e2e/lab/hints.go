package lab

import (
	"fmt"
	"strings"
	"unicode"

	bench "peerlab/lab"
)

// hints says what comes near to these lines: mistakes that are easily made in
// a program and hardly seen in a list of lines. Each hint is a line of a message.
func (s Screen) hints(wanted []string) string {
	var b strings.Builder
	e := s.process.now()
	v := e.Output(s.stream).Since(0)
	for _, want := range wanted[:min(len(wanted), tailLines)] {
		if hint := nearLine(want, v, s.mark()); hint != "" {
			fmt.Fprintf(&b, "\nhint: %s %s", s.process.Name(), hint)
		} else if s.stream == bench.Stdout && hasLine(e.Output(bench.Stderr).Since(0).Lines, want) {
			fmt.Fprintf(&b, "\nhint: %s writes %q to its stderr, and it belongs on its screen (stdout)", s.process.Name(), shorten(want))
		}
	}
	return b.String()
}

// hintsIfNone is hints for a line that was found n times.
func (s Screen) hintsIfNone(n int, line string) string {
	if n > 0 {
		return ""
	}
	return s.hints([]string{line})
}

// nearLine looks for a line that is nearly the wanted one; "" without any.
func nearLine(want string, v bench.View, mark int) string {
	if want == v.Partial {
		return fmt.Sprintf(`shows %q without a line end: print "\n" behind it`, shorten(want))
	}
	lines := v.Lines
	if dropped := v.Next - len(v.Lines); mark > dropped {
		if hasLine(lines[:mark-dropped], want) {
			return fmt.Sprintf("showed %q earlier, but it is expected again", shorten(want))
		}
		lines = lines[mark-dropped:]
	}
	for _, line := range lines {
		switch got := line.Text; {
		case got == want+"\r":
			return fmt.Sprintf(`shows %q with a carriage return ("\r") behind it: print "\n" alone`, shorten(want))
		case len(want) > 3 && strings.Contains(got, want):
			return fmt.Sprintf("shows %q, which has it in it: nothing else may be on the line", shorten(got))
		case letters(got) == letters(want) && letters(want) != "":
			return fmt.Sprintf("shows %q, which is not the same: every character counts", shorten(got))
		}
	}
	return ""
}

func hasLine(lines []Line, want string) bool {
	for _, line := range lines {
		if line.Text == want {
			return true
		}
	}
	return false
}

// letters is the text without case, punctuation and blanks.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}
