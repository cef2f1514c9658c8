package room

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"peerlab/services/internal/screen"
)

const (
	maxSessions = 10_000
	maxBehind   = 8 << 20 // bytes that a client may be behind
)

// errSlow is why a client is cut that does not read, or not fast enough.
var errSlow = fmt.Errorf("it does not read: it was more than %d MiB behind", maxBehind>>20)

// room is who is there and what has been said. One lock guards both, is held for
// as long as it takes to copy a few lines or to go through the sessions once, and
// never while anybody is waited for.
type room struct {
	log     *slog.Logger
	now     func() time.Time // the time that lines bear
	screen  *screen.Screen
	scratch sync.Pool // of *[]byte: lines on their way into the transcript
	batches sync.Pool // of *batch

	leaving atomic.Bool
	awaited atomic.Int32  // sessions that talkers wait for
	ended   chan struct{} // closed with leaving

	mu         sync.Mutex
	transcript transcript
	history    *history // nil: none is kept
	sessions   []*session
	nicks      map[string]*session // by each of keys(nick)
	count      uint64              // sessions that have ever been
	caught     chan struct{}       // closed and replaced when awaited gets 0
	merge      merge
}

func newRoom(c Config) *room {
	r := &room{
		log: c.Log, now: c.Now,
		screen: screen.New(c.Screen, func(err error) {
			c.Log.Error("the screen can't be written to; the room goes on without it", "err", err)
		}),
		ended: make(chan struct{}), caught: make(chan struct{}),
		transcript: newTranscript(), nicks: make(map[string]*session),
	}
	if c.History > 0 {
		r.history = &history{most: c.History}
	}
	r.scratch.New = func() any { return new([]byte) }
	r.batches.New = func() any { return new(batch) }
	r.merge.timer = time.AfterFunc(time.Hour, r.mergeOver)
	r.merge.timer.Stop()
	return r
}

// errFull and errLate are why a connection is not let in.
var (
	errFull = errors.New("the room is full")
	errLate = errors.New("the server ends")
)

// join lets a session in: from now on it is sent what is said.
func (r *room) join(s *session) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.leaving.Load():
		return errLate
	case len(r.sessions) >= maxSessions:
		return errFull
	}
	r.count++
	s.number = r.count
	s.cursor = r.transcript.here()
	s.target, s.written = s.cursor.at, s.cursor.at
	s.replies = r.history.appendTo(append(s.replies, lineGreeting...))
	s.index = len(r.sessions)
	r.sessions = append(r.sessions, s)
	s.writeLocked()
	return nil
}

// announce tells the others that a session is there.
func (r *room) announce(s *session) {
	r.mu.Lock()
	s.announced = true
	r.addLocked(s, []byte(s.name.online()))
	r.mu.Unlock()
	r.screen.Show(fmt.Sprintf("Client %s connected at time %s", s.name.tuple(), s.since.Format(formMoment)))
}

// part takes a session out, tells the others, and has what it is still owed
// written to it.
func (r *room) part(s *session) {
	r.mu.Lock()
	s.parted, s.until = true, r.transcript.end
	last := len(r.sessions) - 1
	r.sessions[s.index] = r.sessions[last]
	r.sessions[s.index].index = s.index
	r.sessions[last] = nil
	r.sessions = r.sessions[:last]
	if s.pace.awaited {
		r.caughtUpLocked()
	}
	r.freeNickLocked(s)
	if s.announced {
		r.addLocked(nil, []byte(s.name.offline()))
	}
	s.writeLocked()
	r.mu.Unlock()
	if s.announced {
		r.screen.Show(fmt.Sprintf("Client %s disconnected at time %s", s.name.tuple(), r.now().Format(formMoment)))
	}
}

// publish passes whole lines that s has said on to all others.
func (r *room) publish(s *session, said []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.add(said)
	s.talked(len(said))
	r.addLocked(s, said)
}

// addLocked adds lines to the transcript, not to be sent to from, which may be
// nil. Nothing follows the goodbye.
func (r *room) addLocked(from *session, b []byte) {
	if r.leaving.Load() {
		return
	}
	begin := r.transcript.end
	r.transcript.add(b)
	if from != nil {
		from.own.add(begin, r.transcript.end)
	}
	r.offerLocked()
}

// rename gives a session the name that it asks for, and returns "". If another
// session has that name, or one that looks like it, rename returns what that
// session is called and changes nothing.
func (r *room) rename(s *session, nick string) (by string) {
	wanted := keys(nick)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range wanted {
		if other := r.nicks[key]; other != nil && other != s {
			return other.name.nick
		}
	}
	if s.name.nick == nick {
		return ""
	}
	r.freeNickLocked(s)
	for _, key := range wanted {
		r.nicks[key] = s
	}
	was := s.name.label()
	s.name.nick, s.nickKeys = nick, wanted
	r.addLocked(s, fmt.Appendf(nil, "%s is now known as %s\n", was, nick))
	return ""
}

// freeNickLocked lets others have the name of a session.
func (r *room) freeNickLocked(s *session) {
	for _, key := range s.nickKeys {
		delete(r.nicks, key)
	}
}

// who returns the answer to a client that asks who is there.
func (r *room) who(you *session) []byte {
	type entry struct {
		name
		number uint64
	}
	r.mu.Lock()
	all := make([]entry, 0, len(r.sessions))
	for _, s := range r.sessions {
		if s.announced {
			all = append(all, entry{s.name, s.number})
		}
	}
	r.mu.Unlock()
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.number, b.number) })
	var answer []byte
	for _, e := range all {
		answer = append(answer, e.listed(e.number == you.number)...)
	}
	return answer
}

// end says goodbye to everybody and has every session end.
func (r *room) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.addLocked(nil, []byte(lineGoodbye))
	r.leaving.Store(true)
	close(r.ended)
	r.merge.timer.Stop()
	r.releaseLocked(time.Now())
	for _, s := range r.sessions {
		_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // it fails when the connection is over, and then there is nobody to wake
		s.changed.Broadcast()
	}
}

// cutLocked ends a session at once. Its reader takes it down.
func (r *room) cutLocked(s *session, why error) {
	if s.failed != nil {
		return
	}
	s.failed = why
	if l, ok := s.conn.(interface{ SetLinger(int) error }); ok {
		_ = l.SetLinger(0) // or the kernel would keep what it does not read for minutes
	}
	s.conn.Close()
	s.changed.Broadcast()
}
