package chat

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// judge looks at the screens and returns the first line that breaks a guarantee,
// or nothing.
func (w *world) judge() string {
	for _, a := range w.all {
		if fault := w.judgeScreen(a); fault != "" {
			return fmt.Sprintf("the screen of %s, incarnation %d: %s", a.Name.Who(), a.Incarnation, fault)
		}
	}
	for i := range w.typed {
		if fault := w.judgeLine(&w.typed[i]); fault != "" {
			return fault
		}
	}
	return w.judgeReturn()
}

// typedAt returns the number and text of a typed line on a screen.
func (w *world) typedAt(shown string) (number int, text string, ok bool) {
	_, text, _ = strings.Cut(shown, ": ")
	rest, is := strings.CutPrefix(text, "line ")
	digits, _, of := strings.Cut(rest, " of ")
	number, err := strconv.Atoi(digits)
	return number, text, is && of && err == nil
}

// judgeScreen: nothing twice, nothing that was not typed, the lines of each in the
// order typed, and no answer before what its typist had seen.
func (w *world) judgeScreen(a *actor) string {
	at := map[string]int{}
	last := map[*actor]int{}
	noted := map[string]int{} // where a screen first says that lines of somebody are gone
	for i, shown := range a.screen.lines() {
		if own, ok := strings.CutPrefix(shown, ownMark); ok && (strings.HasSuffix(own, " lost") || strings.HasSuffix(own, " missing")) {
			who, _, _ := strings.Cut(own, ": ")
			if _, ok := noted[who]; !ok {
				noted[who] = i
			}
		}
		number, text, ok := w.typedAt(shown)
		switch {
		case !ok:
			continue
		case number >= len(w.typed) || w.typed[number].text != text || shown != w.typed[number].by.Name.Who()+": "+text:
			return fmt.Sprintf("%q was never typed", shown)
		}
		if _, ok := at[text]; ok {
			return fmt.Sprintf("delivery: %q shows twice", shown)
		}
		at[text] = i
		by := w.typed[number].by
		if n, ok := last[by]; ok && n > number {
			return fmt.Sprintf("fifo: %q is not in the order typed", shown)
		}
		last[by] = number
	}
	for _, line := range w.typed {
		answer, ok := at[line.text]
		if !ok {
			continue
		}
		for _, text := range line.saw {
			number, _, _ := w.typedAt(": " + text)
			question := &w.typed[number]
			if question.by == a || !slices.Contains(question.there, a) {
				continue
			}
			if i, ok := at[text]; ok && i < answer {
				continue
			}
			if i, ok := noted[question.by.Name.Who()]; ok && i < answer {
				continue
			}
			// Lines that are lost have taken with them what they said to answer.
			if i, ok := noted[line.by.Name.Who()]; !ok || i > answer {
				return fmt.Sprintf("causality: %q is shown and not %q before it, in that order", line.text, text)
			}
		}
	}
	return ""
}

// judgeLine: what one who lives has shown, or one who lives has typed, all who
// were there show.
func (w *world) judgeLine(line *typedLine) string {
	live := w.live()
	shown := line.by.Name.Who() + ": " + line.text
	because := ""
	if slices.Contains(live, line.by) {
		because = "delivery: it was typed at one who lives"
	}
	for _, a := range live {
		if because == "" && times(a, shown) > 0 {
			because = "agreement: " + a.Name.Who() + " does"
		}
	}
	for _, a := range live {
		if because != "" && a != line.by && slices.Contains(line.there, a) && times(a, shown) == 0 {
			return fmt.Sprintf("%s does not show %q; %s", a.Name.Who(), shown, because)
		}
	}
	return ""
}

// judgeReturn: after the last restart of the server everybody has found everybody,
// and the screens have said so once.
func (w *world) judgeReturn() string {
	for _, r := range w.restarted {
		who := r.Name.Who()
		if n := times(w.server, who+": reconnected") + times(w.server, who+": initiated."); n != 1 {
			return fmt.Sprintf("return: the server greets %s %d times", who, n)
		}
		lines, n := r.screen.lines(), 0
		for _, line := range lines[min(r.lines, len(lines)):] {
			if line == "Server: initiated" {
				n++
			}
		}
		if n == 0 {
			return fmt.Sprintf("return: at %s the server is not back", who)
		} else if n > 1 {
			return fmt.Sprintf("return: at %s the server is back %d times", who, n)
		}
		for _, line := range lines {
			if strings.HasSuffix(line, ": initiated.") && times(r.actor, line) > w.lives(line) {
				return fmt.Sprintf("return: at %s %s is there more often than it was true", who, line)
			}
		}
	}
	return ""
}

// lives is how many processes have borne a name.
func (w *world) lives(line string) (n int) {
	for _, a := range w.all {
		if line == a.Name.Who()+": initiated." {
			n++
		}
	}
	return n
}

// screens is all that there is to see, and what is not seen yet.
func (w *world) screens() string {
	var all strings.Builder
	for _, a := range w.all {
		fmt.Fprintf(&all, "--- %s, incarnation %d\n%s\n", a.Name.Who(), a.Incarnation, strings.Join(a.screen.lines(), "\n"))
	}
	for _, a := range w.live() {
		fmt.Fprintf(&all, "--- at %s:\n%v", a.Name.Who(), a.core.lock())
		a.core.unlock()
	}
	return all.String()
}

func TestTheJudgeIsNotAsleep(t *testing.T) {
	for fault, change := range map[string]func(lines []string) []string{
		"twice":           func(l []string) []string { return append(l, l[len(l)-1]) },
		"does not show":   func(l []string) []string { return l[:len(l)-1] },
		"order":           func(l []string) []string { return append(l[:len(l)-3:len(l)-3], l[len(l)-1], l[len(l)-2], l[len(l)-3]) },
		"was never typed": func(l []string) []string { return append(l, "Client 1: line 7000 of 1") },
		"is not back": func(l []string) []string {
			return slices.DeleteFunc(l, func(s string) bool { return s == "Server: initiated" })
		},
		"initiated. is the": func(l []string) []string { return append(l, "Client 2: initiated.", "Client 2: initiated.") },
	} {
		t.Run(fault, func(t *testing.T) {
			inTime(t, func(t *testing.T, l *lab) {
				w := newWorld(l, 3)
				w.run()
				require.Empty(t, w.judge())
				a := w.client[0]
				lines := change(a.screen.lines())
				a.screen.clear()
				for _, line := range lines {
					fmt.Fprintln(a.screen, line)
				}
				require.Contains(t, w.judge(), fault)
			})
		})
	}
}
