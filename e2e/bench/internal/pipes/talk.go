package pipes

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"peerlab/e2e/bench/internal/rounds"
)

const (
	patience  = 30 * time.Second // for screens to show what has been typed
	chunkSize = 32 << 10         // bytes typed at once
)

// Talker is one who types, and what others show before each of its lines, such
// as "Client 1: ".
type Talker struct {
	*Process
	Prefix string
}

// Talk has talkers type lines of size bytes, their ends included, as fast as
// they are taken and all at the same time for so long, a chunk at least, and waits until every
// process but the typist has shown each of them. It fails when a screen has
// shown anything else. The sample's amount is the lines shown, its server the
// group and its client this process.
func (g *Group) Talk(ctx context.Context, talkers []Talker, size int, long time.Duration) (rounds.Sample, error) {
	chunk := bytes.Repeat(Line(size), chunkSize/size)
	t := g.begin(size)
	sample, err := g.Measure(func() error {
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
	if err != nil {
		return sample, err
	}
	sample.Amount = float64(t.shown())
	return sample, t.check()
}

// OneByOne has the talker type n lines, each once every other screen shows the
// one before, and returns how long each took to get to each of the screens.
func (g *Group) OneByOne(ctx context.Context, talker Talker, size, n int) ([]time.Duration, rounds.Sample, error) {
	line := Line(size)
	took := make([]time.Duration, 0, n*len(g.Processes))
	t := g.begin(size)
	sample, err := g.Measure(func() error {
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
			for _, p := range g.Processes {
				if p != talker.Process {
					took = append(took, p.At.Sub(begin))
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, sample, err
	}
	sample.Amount = float64(t.shown())
	return took, sample, t.check()
}

// Line returns a line of size bytes, its end included.
func Line(size int) []byte {
	return append(bytes.Repeat([]byte("the quick brown fox "), size/20+1)[:size-1], '\n')
}

// talk is lines of one size, and where the screens were before.
type talk struct {
	group  *Group
	size   int
	last   []byte             // the line with which each talker ends
	before map[*Process]int64 // lines
}

// count is what is on a screen, or ought to be.
type count struct{ lines, bytes int64 }

func (g *Group) begin(size int) *talk {
	t := &talk{group: g, size: size, before: make(map[*Process]int64), last: append(bytes.Repeat([]byte{'.'}, size-1), '\n')}
	for _, p := range g.Processes {
		p.due = count{p.Lines, p.Bytes}
		t.before[p] = p.Lines
	}
	return t
}

// typed takes down that so many lines are about to be typed.
func (t *talk) typed(talker Talker, lines int) {
	for _, p := range t.group.Processes {
		if p != talker.Process {
			p.due.lines += int64(lines)
			p.due.bytes += int64(lines * (t.size + len(talker.Prefix)))
		}
	}
}

// over reports whether all has been typed and shown.
func (t *talk) over() bool {
	for _, p := range t.group.Processes {
		if p.waiting || p.Lines < p.due.lines {
			return false
		}
	}
	return true
}

// check fails if there is anything else on a screen than what was typed, once.
// A screen with too many lines has as many as it should too early, and then does
// not end as it should.
func (t *talk) check() error {
	for _, p := range t.group.Processes {
		got := count{p.Lines, p.Bytes}
		if got != p.due || p.Lines > t.before[p] && !bytes.HasSuffix(p.end, t.last) {
			return fmt.Errorf("%s shows something else than what was typed, each line once: %d lines and %d bytes too many, at the end %q; it says: %s",
				p.Name, got.lines-p.due.lines, got.bytes-p.due.bytes, p.end, p.Said())
		}
	}
	return nil
}

// shown returns how many lines have been shown.
func (t *talk) shown() (lines int64) {
	for _, p := range t.group.Processes {
		lines += p.due.lines - t.before[p]
	}
	return lines
}
