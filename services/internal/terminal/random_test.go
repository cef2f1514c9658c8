package terminal

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
)

// typeable is text of all kinds that terminals draw differently.
var typeable = []string{
	"a", "b", "Z", "7", " ", " ", "~", "word ", "漢", "字", "か", "ﾊ", "한", "\u1112\u1161\u11ab",
	"👩\u200d👩\u200d👧", "👨\u200d👩\u200d👧\u200d👦", "👍🏽", "🇧🇩", "🇧", "❤\ufe0f", "❤", "1\ufe0f\u20e3", "🎉", "☎", "𝔘",
	"é", "e\u0301", "n\u0303\u0323", "a\u0300\u0301\u0302\u0303\u0304\u0305", "שָׁ", "לום", "مرحبا", "بِ", "ไทย", "กำ", "क्षि", "বাং",
	"§", "—", "…", "Ж", "Ω", "\u00a0", "\u00ad", "﷽", "⸻", "\ufffd", "\U000e0100", "\U0001fae9", "\u0378",
	"\u0301", "\u200d", "\u200b", "\ufeff", "\ufe0f", "\u3164", "\u2028", "\t", "\u202e", "\u200f", "\u009b", "\xff", "\xe2\x82", "\U0010ffff",
}

// random generates random typing, editing and output of other goroutines.
type random struct {
	*rand.Rand
	t       testing.TB
	name    string
	prompt  string
	editor  editor
	keys    keys
	painter painter
	screen  *screen
	shown   []string // for good
	steps   []string
}

// Fault T1: output during typing damaged a half-typed line or moved the cursor. The
// test covers terminals that count columns differently.
func TestTheScreenShowsWhatWillBeSent(t *testing.T) {
	for name, font := range fonts {
		for _, cols := range []int{80, 20, 9, 4} {
			for _, prompt := range []string{"", "名前: "} {
				t.Run(fmt.Sprintf("%s, %d columns, prompt %q", name, cols, prompt), func(t *testing.T) {
					for seed := range uint64(4) {
						r := &random{
							Rand: rand.New(rand.NewPCG(seed, uint64(cols))), t: t, name: name, prompt: prompt,
							painter: painter{cols: cols, height: 1000}, screen: newScreen(font, cols, 1000),
						}
						for range 60 {
							r.step()
							r.check()
						}
					}
				})
			}
		}
	}
}

func (r *random) step() {
	switch n := r.IntN(100); {
	case n < 55:
		r.press(typeable[r.IntN(len(typeable))])
	case n < 80:
		edits := []string{
			"\x1b[D", "\x1b[D", "\x1b[C", "\x7f", "\x1b[3~", "\x1b[H", "\x1b[F", "\x17", "\x1bb", "\x1bf", "\x1b[A", "\x1b[B", "\x0c", "\x0b", "\x15",
		}
		r.press(edits[r.IntN(len(edits))])
	case n < 85:
		r.enter()
	case n < 95:
		text := ""
		for range r.IntN(3) {
			text += strings.Repeat("news", r.IntN(10)) + "\n"
		}
		r.does("shows %q", text)
		r.painter.write([]byte(text))
		r.shown = append(r.shown, strings.Split(text, "\n")[:strings.Count(text, "\n")]...)
	default:
		r.resize(max(4, r.painter.cols+r.IntN(21)-10))
	}
	r.painter.paint(draw(r.prompt, &r.editor, r.painter.cols))
	r.flush()
}

func (r *random) does(format string, args ...any) {
	r.steps = append(r.steps, fmt.Sprintf(format, args...))
}

func (r *random) press(typed string) {
	r.does("types %q", typed)
	for _, k := range r.keys.parse([]byte(typed)) {
		if r.editor.press(k) == repainted {
			r.painter.resize(r.painter.cols, r.painter.height)
		}
	}
}

func (r *random) enter() {
	r.does("enters %q", r.editor.text)
	r.shown = append(r.shown, r.prompt+string(lines.Escape(nil, r.editor.text)))
	r.painter.finish(draw(r.prompt, &r.editor, r.painter.cols), plain(r.prompt, &r.editor))
	want := string(r.editor.text)
	got, err := r.editor.take()
	require.NoError(r.t, err)
	require.Equal(r.t, want, got)
}

// resize changes the width. Where a terminal has another opinion of widths than
// the library, it is foretold how it wraps rows again only if none is too wide.
func (r *random) resize(cols int) {
	if r.name != "clusters" {
		for _, row := range r.painter.rows {
			sum := 0
			for g := graphemes.FromString(row); g.Next(); {
				sum += widest(g.Value())
			}
			if sum > cols {
				return
			}
		}
	}
	r.does("resizes to %d", cols)
	r.screen.resize(cols)
	r.painter.resize(cols, r.painter.height)
}

func (r *random) flush() {
	r.screen.write(r.t, string(r.painter.out))
	r.painter.out = r.painter.out[:0]
}

// check requires that the screen shows what was shown, then what Enter would send,
// with the cursor where the next key goes.
func (r *random) check() {
	text := r.editor.text
	at := 0
	for g := graphemes.FromBytes(text); at < r.editor.at && g.Next(); {
		at = g.End()
	}
	want := append(r.shown[:len(r.shown):len(r.shown)], r.prompt+string(lines.Escape(nil, text)))
	rows, before := r.screen.lines()
	n := len(r.shown)
	require.Greater(r.t, len(rows), n, r)
	got := append(rows[:n:n], strings.Join(rows[n:], ""))
	for i := range got {
		require.Equal(r.t, visible(want[i]), visible(got[i]), "line %d\n%v", i, r)
	}
	cursor := r.painter.row
	require.Equal(r.t, visible(r.prompt+string(lines.Escape(nil, text[:at]))), visible(strings.Join(rows[n:n+cursor], "")+before), "the cursor\n%v", r)
}

// visible is a text without the circles that accents alone stand on.
func visible(text string) string { return strings.ReplaceAll(text, circle, "") }

func (r *random) String() string {
	return strings.Join(r.steps, "\n") + "\n" + r.screen.String()
}
