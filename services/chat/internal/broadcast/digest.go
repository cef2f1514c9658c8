package broadcast

import (
	"iter"

	"peerlab/services/chat/internal/wire"
)

// MaxDigest bounds the lines of a digest.
const MaxDigest = wire.MaxMembers + MaxSenders

const (
	// digestAtOnce bounds the bytes of a digest that is sent with READY, while the
	// other side may be sending its own without reading: any connection takes that
	// much.
	digestAtOnce = 16 << 10
	digestLine   = 48 // bytes of a line, about

	advertiseTo = 8 // streams in one round of Advertise
)

// Digest is how far the lines of every process are shown here: what is sent behind
// READY.
type Digest struct {
	Count uint64 // lines
	Lines []byte // to be sent with READY
	rest  []byte // or, if they are many, over the link before anything else
	round uint64 // in which it was true
}

// entry is a line of a digest.
type entry struct {
	wire.ID
	seq uint64
}

// Digest returns what a new link to a process is sent. The peers, of which Have
// is not used, are named by PEER, and all other processes by HAVE.
func (s *State) Digest(to wire.ID, peers iter.Seq[wire.Peer]) Digest {
	d := Digest{round: s.round, Lines: make([]byte, 0, digestLine*len(s.senders))}
	s.digests++
	if o := s.senders[to]; o != nil { // READY has its number
		o.digest = s.digests
	}
	for p := range peers {
		p.Have = 0
		if o := s.senders[p.ID]; o != nil {
			o.digest, p.Have = s.digests, o.advertised()
		}
		d.Lines = p.Append(d.Lines)
		d.Count++
	}
	for _, o := range s.ordered {
		if o.digest != s.digests && (o != s.self || o.shown > 0) {
			d.Lines = wire.Have{ID: o.ID, Seq: o.advertised()}.Append(d.Lines)
			d.Count++
		}
	}
	if len(d.Lines) > digestAtOnce {
		d.Lines, d.rest = nil, d.Lines
	}
	return d
}

// Follow sends a message directly behind the digest.
func (d *Digest) Follow(m wire.Message) {
	if len(d.rest) > 0 {
		d.rest = m.Append(d.rest)
	} else {
		d.Lines = m.Append(d.Lines)
	}
}

// have processes that the lines of a process are shown at a link's other side. Its
// digest is processed after its last line. have reports whether a line of that says
// nothing new, as most do: it is of a process that is linked, or that is known and
// needs no address, and whose lines are here.
func (s *State) have(st *Stream, e entry, addressless bool) (known bool, err error) {
	o := s.senders[e.ID]
	if st.pending == 0 {
		if o, err = s.lookup(st, e.ID, e.seq); o != nil {
			s.learn(st, o, e.seq)
		}
		return false, err
	}
	known = o != nil && o != st.from && (addressless || o.stream != nil || o == s.self) && o.settled(e.seq) && e.seq <= o.received
	if !known {
		st.digest = append(st.digest, e)
	}
	if st.pending--; st.pending == 0 {
		err = s.endDigest(st)
		st.digest = nil
	}
	return known, err
}

// endDigest processes a digest that is complete. Its lines were shown at the other
// side before those that follow were typed. A process that is first named by it, and
// the one that sent it if no line of that was shown here yet, may answer them
// without AFTER.
func (s *State) endDigest(st *Stream) error {
	var all, added []dep
	for _, e := range st.digest {
		_, known := s.senders[e.ID]
		o, err := s.lookup(st, e.ID, e.seq)
		switch {
		case err != nil:
			return err
		case o == nil:
			continue
		case o == st.from && o.baselinePending && !o.seen:
			o.shown, o.received = max(o.shown, e.seq), max(o.received, e.seq)
		case o == st.from && !o.seen && o.shown == o.received:
			// Its HELLO was older than what others said of it, and lines that answer those
			// between may be shown.
			o.shown = max(o.shown, min(o.named, e.seq))
			o.received = o.shown
		}
		d := dep{sender: o, seq: e.seq}
		if all = append(all, d); !known || o == st.from && (o.baselinePending || !o.seen) {
			added = append(added, d)
		}
	}
	st.from.baselinePending = false
	var deps []dep
	for _, d := range all {
		if d.sender == s.self || d.sender == st.from {
			continue
		}
		if !d.settled(d.seq) {
			deps = append(deps, d)
		}
		s.learn(st, d.sender, d.seq)
	}
	for _, d := range added {
		if len(deps) > 0 && d.shown > 0 && !d.forgotten { // or else its lines say all that they answer
			d.baseline = &baseline{max(d.received, d.seq), deps}
		}
	}
	return nil
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
			if o.round >= st.round && o != s.self && o != st.from && (o.shown > 0 || o.Name == wire.Server) {
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
