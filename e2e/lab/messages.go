package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	bench "peerlab/lab"
	"peerlab/lab/event"
)

// minText is how long a text is that is looked for in what the programs send each other:
// a shorter one may be there by chance.
const minText = 4

// events returns the record of the run so far.
func (l *Lab) events() []event.Event {
	file, err := os.Open(filepath.Join(l.Folder(), bench.EventsFile))
	if err != nil {
		return nil
	}
	defer file.Close()
	all, _ := event.Read(file) // the last one may not be written yet
	return all
}

// typedAs returns the longest text that was typed and with which the line ends, and the
// processes at which that was typed.
func typedAs(events []event.Event, line string) (text string, by []string) {
	for _, e := range events {
		switch {
		case e.Kind != event.Typed || e.Text == "" || len(e.Text) < len(text) || !strings.HasSuffix(line, e.Text):
		case len(e.Text) > len(text):
			text, by = e.Text, []string{e.Process}
		case !slices.Contains(by, e.Process):
			by = append(by, e.Process)
		}
	}
	return text, by
}

// afterTyped says for the message what was typed last at a process that should exit,
// and who shows that as a message.
func (l *Lab) afterTyped(p *Process) string {
	events := l.events()
	i := lastIndex(events, func(e event.Event) bool { return e.Kind == event.Typed && e.Process == p.Name() })
	if i < 0 || events[i].Text == "" {
		return ""
	}
	typed := events[i].Text
	for _, e := range events[i:] {
		if e.Kind == event.Shown && e.Process != p.Name() && strings.HasSuffix(e.Text, typed) {
			return fmt.Sprintf(" after %q was typed; %s shows %q: it was sent as a message, and should have ended %s (compare it without its line end)",
				typed, e.Process, shorten(e.Text), p.Name())
		}
	}
	return fmt.Sprintf(" after %q was typed: does it compare that without its line end, and end all of its threads?", typed)
}

// onTheWire follows a missing line over the network: from the process at which it was
// typed, if it was, to the one that does not show it.
func (f *failure) onTheWire() string {
	if f.process == nil || f.stream != bench.Stdout || len(f.missing) == 0 || f.lab.Lab.Wire() == nil {
		return ""
	}
	me, all := f.process.Name(), f.lab.events()
	events := slices.DeleteFunc(slices.Clone(all), func(e event.Event) bool { return e.Time.Before(f.process.now().marked) })
	for _, line := range f.missing {
		text, by := typedAs(events, line)
		if len(by) != 1 {
			text = line
		}
		if e := receivedBy(events, me, text); e != nil {
			return fmt.Sprintf("%s received it from %s, %q, and %s", me, e.Link.From, shorten(e.Text), f.received(all))
		}
	}
	if found := f.noLineEnd(); found != "" {
		return found
	}
	for _, line := range f.missing {
		text, by := typedAs(events, line)
		if len(by) != 1 || by[0] == me || len(text) < minText {
			continue
		}
		to := sentTo(events, by[0], text)
		if len(to) == 0 {
			return fmt.Sprintf("%s did not send %q, which was typed at it: does it read its standard input while it waits for the network?", by[0], shorten(text))
		}
		if !slices.Contains(to, me) {
			return fmt.Sprintf("%s sent %q to %s only", by[0], shorten(text), strings.Join(to, ", "))
		}
	}
	return ""
}

// receivedBy returns the first event of a process that received a text.
func receivedBy(events []event.Event, name, text string) *event.Event {
	for i, e := range events {
		if len(text) >= minText && e.Kind == event.Received && e.Link.To == name && strings.Contains(e.Text, text) {
			return &events[i]
		}
	}
	return nil
}

// received says what a process does that has received a line and does not show it.
func (f *failure) received(events []event.Event) string {
	me := f.process.Name()
	i := lastIndex(events, func(e event.Event) bool {
		if e.Kind != event.Shown || e.Process != me {
			return false
		}
		_, by := typedAs(events, e.Text)
		return len(by) > 0
	})
	if i < 0 {
		return "does not show it: does it print what it receives there?"
	}
	return fmt.Sprintf("shows nothing after %q: does a thread of it wait for a lock (a deadlock), or has it ended?", shorten(events[i].Text))
}

// sentTo names the processes to which one has sent a text.
func sentTo(events []event.Event, from, text string) (to []string) {
	for _, e := range events {
		if e.Kind == event.Sent && e.Link.From == from && strings.Contains(e.Text, text) && !slices.Contains(to, e.Link.To) {
			to = append(to, e.Link.To)
		}
	}
	return to
}

// noLineEnd finds text that has arrived without a line end, at this process or else at
// another: one that reads lines waits for it.
func (f *failure) noLineEnd() string {
	all := f.lab.Lab.Wire().Unfinished()
	if len(all) == 0 {
		return ""
	}
	e := all[max(0, slices.IndexFunc(all, func(e event.Event) bool { return e.Link.To == f.process.Name() }))]
	return fmt.Sprintf(`%s sent %q to %s without a line end: send "\n" behind each message, or else the receiver cannot see where it ends`,
		e.Link.From, shorten(e.Text), e.Link.To)
}

func lastIndex(events []event.Event, is func(event.Event) bool) int {
	for i, e := range slices.Backward(events) {
		if is(e) {
			return i
		}
	}
	return -1
}
