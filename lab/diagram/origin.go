package diagram

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"peerlab/lab/event"
)

// longText is the length in bytes from which a typed text is looked for by its beginning:
// records cut long texts.
const longText = 200

// typedTexts are the texts that were typed in a run.
type typedTexts struct {
	nodes   map[string][]int // that typed a text
	lengths []int            // of the short ones, the longest first
	long    []string         // beginnings of the long ones
}

// findOrigins finds for each node whose text it carries: a line that ends with a text that
// was typed carries that, as "Client 2: hello" and "MSG 2 17 hello" do. Which protocol the
// programs use does not matter. Of several the longest counts.
func (r *Run) findOrigins() {
	t := typedTexts{nodes: map[string][]int{}}
	for i := range r.nodes {
		n := &r.nodes[i]
		text := strings.TrimRight(n.Text, " \t\r")
		if n.Kind != event.Typed || text == "" {
			continue
		}
		if len(text) >= longText {
			text = text[:longText]
			if !slices.Contains(t.long, text) {
				t.long = append(t.long, text)
			}
		} else if !slices.Contains(t.lengths, len(text)) {
			t.lengths = append(t.lengths, len(text))
		}
		t.nodes[text] = append(t.nodes[text], i)
	}
	slices.Sort(t.lengths)
	slices.Reverse(t.lengths)
	r.origins = make([]int, len(r.nodes))
	for i := range r.nodes {
		n := &r.nodes[i]
		r.origins[i] = none
		switch n.Kind {
		case event.Typed:
			r.origins[i] = i
		case event.Received:
			if n.cause != none {
				r.origins[i] = r.origins[n.cause]
			}
		case event.Sent, event.Shown, event.Failed:
			r.origins[i] = r.typist(i, n.Text, t.of(n))
		}
	}
	r.typed = t
}

// of returns the nodes that typed the text that a node carries.
func (t *typedTexts) of(n *node) []int {
	text := n.Text
	if n.Kind == event.Failed { // a sentence that quotes it
		best := ""
		for typed := range t.nodes {
			if len(typed) > len(best) && strings.Contains(text, typed+`"`) {
				best = typed
			}
		}
		return t.nodes[best]
	}
	return t.endOf(text)
}

// endOf returns the nodes that typed what a line ends with.
func (t *typedTexts) endOf(line string) []int {
	line = strings.TrimRight(line, " \t\r")
	if len(line) >= longText {
		for _, text := range t.long {
			if strings.Contains(line, text) {
				return t.nodes[text]
			}
		}
	}
	for _, n := range t.lengths {
		if n > len(line) || !beginsWord(line, len(line)-n) {
			continue
		}
		if typed := t.nodes[line[len(line)-n:]]; typed != nil {
			return typed
		}
	}
	return nil
}

// beginsWord reports whether no word goes on from before a place of a line into it.
func beginsWord(line string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(line[:at])
	return at == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before)
}

// typist chooses, of nodes that typed the same text, the one that a line comes from: the
// last before it at the process itself, if that has sent it, or else at the process that
// the line names, or else at any.
func (r *Run) typist(i int, line string, typed []int) int {
	best, rank := none, 0
	line = strings.ToLower(strings.ReplaceAll(line, " ", ""))
	for _, t := range typed {
		if t > i {
			break
		}
		its := 1
		switch at := r.nodes[t].at; {
		case r.nodes[i].Kind == event.Sent && at == r.nodes[i].at:
			its = 3
		case names(line, strings.ToLower(r.processes[at].name)):
			its = 2
		}
		if its >= rank {
			best, rank = t, its
		}
	}
	return best
}

// names reports whether a line has a name in it, and not a longer number of the same kind.
func names(line, name string) bool {
	_, behind, found := strings.Cut(line, name)
	return found && (behind == "" || behind[0] < '0' || behind[0] > '9')
}
