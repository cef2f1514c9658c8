package lab

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	bench "peerlab/lab"
)

// maxCompared is how many of the last lines of a screen are compared with one that is
// missing.
const maxCompared = 200

// nearLines finds what comes near to a missing line: mistakes that are easily made in
// a program and hardly seen in a list of lines.
func (f *failure) nearLines() string {
	if f.process == nil || len(f.missing) == 0 {
		return ""
	}
	e := f.process.now()
	v := e.Output(f.stream).Since(0)
	for _, want := range f.missing[:min(len(f.missing), tailLines)] {
		if hint := nearLine(want, v, e.marks[f.stream]); hint != "" {
			return f.process.Name() + " " + hint
		}
		if f.stream == bench.Stdout && hasLine(e.Output(bench.Stderr).Since(0).Lines, want) {
			return fmt.Sprintf("%s writes %q to its stderr, and it belongs on its screen (stdout)", f.process.Name(), shorten(want))
		}
	}
	return ""
}

// nearLine looks for a line that is nearly the wanted one; "" without any.
func nearLine(want string, v bench.View, mark int) string {
	if want == v.Partial || len(want) > 3 && strings.Contains(v.Partial, want) {
		return fmt.Sprintf(`shows %q without a line end: print "\n" behind each line`, shorten(v.Partial))
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
		case len(want) > 3 && twoMessages(got, want):
			return fmt.Sprintf(`shows two messages on one line, %q: one recv may return more than one message; `+
				`send "\n" behind each, and cut what was received at each "\n"`, shorten(got))
		case len(want) > 3 && strings.Contains(got, want):
			return fmt.Sprintf("shows %q, which has it in it: nothing else may be on the line", shorten(got))
		case letters(got) == letters(want) && letters(want) != "":
			return fmt.Sprintf("shows %q, which is not the same: every character counts", shorten(got))
		}
	}
	return splitLine(want, lines)
}

// twoMessages reports whether a line is the wanted one and another message. A prompt in
// front of it is none.
func twoMessages(got, want string) bool {
	before, after, found := strings.Cut(got, want)
	return found && (letters(after) != "" || strings.ContainsFunc(before, unicode.IsDigit))
}

// splitLine looks for a line that is shown as two, perhaps with other lines between.
func splitLine(want string, lines []Line) string {
	lines = lines[max(0, len(lines)-maxCompared):]
	for i, line := range lines {
		for cut := 3; cut < len(want); cut++ {
			if strings.HasSuffix(line.Text, want[:cut]) && hasLine(lines[i+1:], want[cut:]) {
				return fmt.Sprintf(`shows one message on two lines, %q and %q: one recv may return a part of a message; `+
					`keep what was received until its "\n" has come`, shorten(line.Text), shorten(want[cut:]))
			}
		}
	}
	return ""
}

func hasLine(lines []Line, want string) bool {
	return slices.ContainsFunc(lines, func(l Line) bool { return l.Text == want })
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
