package load

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

const (
	patience  = 30 * time.Second // for screens to show what has been typed
	chunkSize = 32 << 10         // bytes typed at once
)

// Talker is a program at which lines are typed.
type Talker struct {
	*Screen
	Prefix int // length of what the others show before each of its lines, such as "Client 1: "
}

// Talk types lines of size bytes, their ends included, at all talkers at the same time
// for so long, as fast as they accept them and a chunk at least. It returns when all
// screens but the talker's own have shown each of them, and how many these have shown.
// It fails when a screen has shown anything else.
func (g *Group) Talk(ctx context.Context, talkers []Talker, size int, long time.Duration) (lines int64, u Usage, err error) {
	chunk := bytes.Repeat(Line(size), chunkSize/size)
	t := g.begin(size)
	u, err = g.Measure(func() error {
		end := time.Now().Add(long)
		for _, talker := range talkers {
			begun, over := false, false
			err := talker.TypeFrom(func() []byte {
				switch {
				case over:
					return nil
				case begun && time.Now().After(end):
					over = true
					t.typed(talker, 1)
					return t.last
				}
				begun = true
				t.typed(talker, chunkSize/size)
				return chunk
			})
			if err != nil {
				return err
			}
		}
		return g.Until(ctx, long+patience, t.over)
	})
	if err == nil {
		err = t.check()
	}
	return t.shown(), u, err
}

// OneByOne types n lines, each when all other screens show the one before, and returns
// the time that each needed to each of the screens.
func (g *Group) OneByOne(ctx context.Context, talker Talker, size, n int) (latencies []time.Duration, u Usage, err error) {
	line := Line(size)
	latencies = make([]time.Duration, 0, n*len(g.Screens))
	t := g.begin(size)
	u, err = g.Measure(func() error {
		for i := range n {
			if i == n-1 {
				line = t.last
			}
			begin := time.Now()
			t.typed(talker, 1)
			if err := talker.Type(line); err != nil {
				return err
			}
			if err := g.Until(ctx, patience, t.over); err != nil {
				return err
			}
			for _, s := range g.Screens {
				if s != talker.Screen {
					latencies = append(latencies, s.At.Sub(begin))
				}
			}
		}
		return nil
	})
	if err == nil {
		err = t.check()
	}
	return latencies, u, err
}

// Line returns a line of size bytes, its end included.
func Line(size int) []byte {
	return append(bytes.Repeat([]byte("the quick brown fox "), size/20+1)[:size-1], '\n')
}

// talk is lines of one size, and the state of the screens before them.
type talk struct {
	group  *Group
	size   int
	last   []byte            // the line with which each talker ends
	before map[*Screen]int64 // lines
}

// count is what is on a screen, or should be.
type count struct{ lines, bytes int64 }

func (g *Group) begin(size int) *talk {
	t := &talk{group: g, size: size, before: make(map[*Screen]int64), last: append(bytes.Repeat([]byte{'.'}, size-1), '\n')}
	for _, s := range g.Screens {
		s.due = count{s.Lines, s.Bytes}
		t.before[s] = s.Lines
	}
	return t
}

// typed notes that so many lines are about to be typed.
func (t *talk) typed(talker Talker, lines int) {
	for _, s := range t.group.Screens {
		if s != talker.Screen {
			s.due.lines += int64(lines)
			s.due.bytes += int64(lines * (t.size + talker.Prefix))
		}
	}
}

// over reports whether all has been typed and shown.
func (t *talk) over() bool {
	for _, s := range t.group.Screens {
		if s.waiting || s.Lines < s.due.lines {
			return false
		}
	}
	return true
}

// check fails if a screen has anything else than what was typed, once. A screen with
// too many lines has the right number too early, and then does not end as it should.
func (t *talk) check() error {
	for _, s := range t.group.Screens {
		got := count{s.Lines, s.Bytes}
		if got != s.due || s.Lines > t.before[s] && !bytes.HasSuffix(s.end, t.last) {
			return fmt.Errorf("%s does not show what was typed, each line once: %d lines and %d bytes too many, at the end %q; its last line: %s",
				s.Name, got.lines-s.due.lines, got.bytes-s.due.bytes, s.end, s.Last())
		}
	}
	return nil
}

// shown returns how many lines have been shown.
func (t *talk) shown() (lines int64) {
	for _, s := range t.group.Screens {
		lines += s.due.lines - t.before[s]
	}
	return lines
}
