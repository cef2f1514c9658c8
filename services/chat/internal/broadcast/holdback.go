package broadcast

import (
	"slices"
	"time"
)

// MaxWait is how long a line is held back at most.
const MaxWait = 10 * time.Second

// expedited is how many lines of one sender wait no more in one Tick, at most.
const expedited = 256

// The hold-back queue: a line is shown after the lines that its AFTER lines name
// (Birman, Schiper and Stephenson 1991, with the names of lines in place of a
// vector).

// dep is a line that must be shown before another.
type dep struct {
	*sender
	seq     uint64
	claimed bool // by AFTER: the other line's sender has shown it
}

// hold means that line seq of its sender, and those behind it, are shown after
// deps.
type hold struct {
	seq   uint64
	deps  []dep
	since time.Time
}

// over reports whether there is nothing left to wait for. A line that is not claimed
// is not waited for if no member has it, as far as is known.
func (h *hold) over() bool {
	h.deps = slices.DeleteFunc(h.deps, func(d dep) bool {
		return d.settled(d.seq) || !d.claimed && d.received < d.seq && !d.hasGap()
	})
	return len(h.deps) == 0
}

// mayAnswer returns the lines that the first one of a process here, which is yet to be
// shown, may answer without AFTER.
func (o *sender) mayAnswer() []dep {
	if o.baseline == nil || o.baseline.over() {
		o.baseline = nil
		return nil
	}
	return o.baseline.deps
}

// holdBack keeps a line until the lines before it, and those of st.incoming.deps,
// are shown.
func (s *State) holdBack(st *Stream, o *sender, seq uint64, line []byte) {
	if o.shown == o.received {
		s.holding = append(s.holding, o)
	}
	if seq > o.received+1 {
		o.settledThrough = max(o.settledThrough, seq-1) // lost: no line needs to wait for them
	}
	s.held += s.keep(o, seq, st.incoming.after, line)
	if len(st.incoming.deps) > 0 {
		o.holds = append(o.holds, hold{seq, slices.Clone(st.incoming.deps), s.now})
		for _, x := range st.incoming.deps {
			s.learn(st, x.sender, x.seq)
		}
		s.tickSoon()
	}
	if o.held() > s.Limits.HeldOf || s.held > 2*s.Limits.HeldOf {
		s.dropHeld(slices.MaxFunc(s.holding, func(a, b *sender) int { return a.held() - b.held() }))
	}
}

// Blocked reports whether a link must not be read for now: too much of what came
// over it is held back. It is shown when other links have been read, so the sender
// is slowed down, as by a slow screen. A link over which lines were requested is
// read.
func (s *State) Blocked(st *Stream) bool {
	held := st.from.held()
	blocked := (held > s.Limits.SlowOf || held > 0 && s.held > 4*s.Limits.SlowOf) &&
		len(st.incoming.wanted) == 0 && !st.isCut
	if blocked {
		s.tickSoon()
	}
	return blocked
}

// unhold drops the lines of a sender that are held back.
func (s *State) unhold(o *sender) {
	n := o.log.truncate(o.shown)
	s.kept -= n
	s.held -= n
	o.received, o.holds = o.shown, nil
	s.holding = slices.DeleteFunc(s.holding, func(x *sender) bool { return x == o })
}

// dropHeld drops the lines of a sender that are held back, and cuts its link, over
// which they come again after a reconnect.
func (s *State) dropHeld(o *sender) {
	received := o.received
	s.unhold(o)
	if o.stream == nil {
		s.addGap(o, received)
		s.tickSoon()
	}
	for _, st := range s.streams {
		if w := st.incoming.answer; st == o.stream || w != nil && w.sender == o {
			s.cut(st, ErrOverheld)
		}
	}
}

// awaited returns the latest line of a sender that another is held back for.
func (s *State) awaited(o *sender) (seq uint64) {
	for _, other := range s.holding {
		for _, h := range other.holds {
			for _, x := range h.deps {
				if x.sender == o {
					seq = max(seq, x.seq)
				}
			}
		}
	}
	return seq
}

// abandon lets no line wait for a sender's lines through seq any more before a link
// to it comes up, and shows that they are missing. If they come later, they are
// shown.
func (s *State) abandon(o *sender, seq uint64) {
	s.miss(o, seq)
	if o.stream == nil {
		o.settledThrough = max(o.settledThrough, seq)
	}
}

// miss shows that a sender's lines through seq are missing.
func (s *State) miss(o *sender, seq uint64) {
	from := max(o.shown, o.settledThrough, o.missed)
	if o.isAwaited() {
		from = seq - 1
	}
	if seq > from {
		s.member.Gap(o.Name, seq-from, Missing)
		add(&s.counts.Missing, seq-from)
		o.missed = seq
	}
}
