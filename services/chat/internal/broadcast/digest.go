package broadcast

import (
	"iter"
	"slices"

	"peerlab/services/chat/internal/wire"
)

// MaxDigest bounds the lines of a digest.
const MaxDigest = wire.MaxMembers + 2*MaxSenders

const (
	// digestAtOnce bounds the bytes of a digest that is sent with READY, while the
	// other side may be sending its own without reading: any connection takes that
	// much.
	digestAtOnce = 16 << 10
	digestLine   = 48 // bytes of a line, about

	advertiseTo = 8 // streams in one round of Advertise
)

// entry is a line of a digest.
type entry struct {
	wire.ID
	seq uint64
}

// digest returns how far the lines of every process are shown here, for a process: the
// peers are named by PEER, and all others by HAVE.
func (s *State) digest(to wire.ID, peers iter.Seq[wire.Peer]) []byte {
	all := make([]byte, 0, digestLine*len(s.senders))
	s.digests++
	if o := s.senders[to]; o != nil { // READY has its number
		o.digest = s.digests
	}
	for p := range peers {
		p.Have = 0
		if o := s.senders[p.ID]; o != nil {
			o.digest, p.Have = s.digests, o.advertised()
		}
		all = p.Append(all)
	}
	have := func(o *sender, seq uint64) { all = wire.Have{ID: o.ID, Seq: seq}.Append(all) }
	for _, o := range s.ordered {
		switch listed := o.digest == s.digests; {
		case o.advertised() != uncounted:
			if !listed && (o != s.self || o.shown > 0) {
				have(o, o.shown)
			}
		case o.ID != to && o.answered() > 0:
			if !listed {
				have(o, uncounted)
			}
			have(o, o.answered())
		}
	}
	return all
}

// Ready returns READY and, unless it is long, the digest behind it, and what was added
// to that. It is for a Stream that is not joined yet.
func (st *Stream) Ready() (bufs [][]byte) {
	bufs = append(bufs, st.ready.Append(nil))
	if len(st.control) <= digestAtOnce {
		bufs, st.control = append(bufs, st.control), nil
	}
	return bufs
}

// have processes that the lines of a process are shown at a link's other side. Its
// digest is processed after its last line. have reports whether a line of that says
// nothing new, as most do: it is of a process that is linked, or that is known and
// needs no address, and whose lines are here.
func (s *State) have(st *Stream, e entry, addressless bool) (known bool, err error) {
	o := s.senders[e.ID]
	if st.pending == 0 {
		from := uint64(uncounted)
		if e.seq == 0 { // its first line answers nothing without AFTER
			from = 0
		}
		if o, err = s.lookup(st, e.ID, from); o != nil && e.seq != uncounted {
			o.name(e.seq)
			s.learn(st, o, e.seq)
		}
		return false, err
	}
	known = o != nil && o != st.from && o.shown != uncounted && (addressless || o.stream != nil || o == s.self) &&
		(e.seq == uncounted || o.settled(e.seq) && e.seq <= o.received)
	if !known {
		st.digest = append(st.digest, e)
	}
	if st.pending--; st.pending == 0 {
		err = s.endDigest(st)
		st.digest = nil
	}
	return known, err
}

// endDigest processes a digest that is complete. It is a cut: what the lines that it
// counts answer, it counts too. So the lines that follow these, of a process that
// counts from it, may answer all of it without AFTER, and nothing else.
func (s *State) endDigest(st *Stream) error {
	var named, uncounting []*sender
	var all []dep
	baseline := &hold{}
	for _, e := range st.digest {
		if e.ID == st.peer {
			st.last = max(st.last, e.seq)
		}
		o, err := s.lookup(st, e.ID, uncounted)
		switch {
		case err != nil:
			return err
		case o == nil || o == s.self || o == st.from:
			continue
		case e.seq == uncounted:
			uncounting = append(uncounting, o)
			continue
		case o.shown != uncounted || o.counting:
		case slices.Contains(uncounting, o):
			o.name(e.seq)
		default:
			o.count(e.seq)
			named = append(named, o)
		}
		all = append(all, dep{sender: o, seq: e.seq})
	}
	if st.count() {
		named = append(named, st.from)
	}
	st.from.missed = min(st.from.missed, st.last) // others named what it had not typed
	for _, d := range all {
		if !d.settled(d.seq) {
			baseline.deps = append(baseline.deps, d)
		}
		s.learn(st, d.sender, d.seq)
	}
	for _, o := range named {
		if o.shown > 0 { // or else its lines say all that they answer
			o.baseline = baseline
		}
	}
	return nil
}

// count counts the lines of a link's process from the latest one that it had typed
// before its digest, unless they count already. It reports whether they did not.
func (st *Stream) count() bool {
	was := st.from.counting
	if was {
		st.from.count(st.last)
	}
	return was
}

// count counts the lines of a process after seq, but none of which an answer may be on
// the screen.
func (o *sender) count(seq uint64) {
	o.shown = max(seq, o.named)
	o.received, o.counting = o.shown, false
}

// name records that lines of a process through seq may be answered on this screen.
func (o *sender) name(seq uint64) {
	if o.shown == uncounted && !o.counting {
		o.named = max(o.named, seq)
	}
}

// Advertise tells the next few links what was shown since they were told last. It
// leaves out links with control lines that are not sent yet.
func (s *State) Advertise() {
	for range min(advertiseTo, len(s.streams)) {
		s.turn++
		st := s.streams[s.turn%len(s.streams)]
		if len(st.control) > 0 {
			continue
		}
		for _, o := range s.ordered {
			if o.round >= st.round && o != s.self && o != st.from && (o.shown > 0 || o.Name == wire.Server) && o.shown != uncounted {
				st.control = wire.Have{ID: o.ID, Seq: o.shown}.Append(st.control)
			}
		}
		st.round = s.round + 1
		if len(st.control) > 0 {
			s.wake(st)
		}
	}
	s.round++
}
