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
	maxBehind   = 8 << 20 // bytes that a client may be behind before it is disconnected
)

// errSlow is the reason for disconnecting a client that does not read, or not
// fast enough.
var errSlow = fmt.Errorf("it does not read: it is more than %d MiB behind", maxBehind>>20)

// room holds the sessions and the transcript. mu guards both. It is held to copy
// a few lines or to visit every session once, and never during I/O. A method
// whose name ends in Locked expects mu to be held; every other method locks it.
type room struct {
	log     *slog.Logger
	now     func() time.Time // the time shown in lines
	screen  *screen.Screen
	scratch sync.Pool // of *[]byte: lines to be added to the transcript

	leaving atomic.Bool
	awaited atomic.Int32  // number of sessions that senders wait for: see pace
	ended   chan struct{} // closed with leaving

	mu         sync.Mutex
	transcript transcript
	history    *history // nil: no history
	sessions   []*session
	nicks      map[string]*session // by each of keys(nick)
	count      uint64              // number of sessions so far
	caught     chan struct{}       // closed and replaced when awaited becomes 0
	merge      merge
}

func newRoom(c Config) *room {
	r := &room{
		log: c.Log, now: c.Now,
		screen: screen.New(c.Screen, func(err error) {
			c.Log.Error("cannot write to the screen; continuing without it", "err", err)
		}),
		ended: make(chan struct{}), caught: make(chan struct{}),
		transcript: newTranscript(), nicks: make(map[string]*session),
	}
	if c.History > 0 {
		r.history = &history{most: c.History}
	}
	r.scratch.New = func() any { return new([]byte) }
	r.merge.timer = time.AfterFunc(time.Hour, r.mergeOver)
	r.merge.timer.Stop()
	return r
}

// The reasons for refusing a connection.
var (
	errFull = errors.New("the room is full")
	errLate = errors.New("the server is shutting down")
)

// join adds a session: from now on it receives the transcript.
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

// announce sends the others the line that a client is Online.
func (r *room) announce(s *session) {
	r.mu.Lock()
	s.announced = true
	r.addLocked(s, []byte(s.name.online()))
	r.mu.Unlock()
	r.screen.Show(fmt.Sprintf("Client %s connected at time %s", s.name.tuple(), s.since.Format(formMoment)))
}

// part removes a session, sends the others the line that it is Offline, and
// starts its writer for what it has not received yet.
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

// publish sends whole lines of s to all other sessions.
func (r *room) publish(s *session, text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.add(text)
	s.countLocked(len(text))
	r.addLocked(s, text)
}

// addLocked adds lines to the transcript. The session from, which may be nil,
// does not receive them. After the goodbye addLocked does nothing.
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

// rename sets the name of a session and returns "". If another session has that
// name, or one that looks like it, rename returns that session's name and changes
// nothing.
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

// freeNickLocked makes the name of a session available to others.
func (r *room) freeNickLocked(s *session) {
	for _, key := range s.nickKeys {
		delete(r.nicks, key)
	}
}

// who returns the answer to /who for the session you.
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

// end sends the goodbye to every session and stops them all.
func (r *room) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.addLocked(nil, []byte(lineGoodbye))
	r.leaving.Store(true)
	close(r.ended)
	r.merge.timer.Stop()
	r.releaseLocked(time.Now())
	for _, s := range r.sessions {
		_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // wakes the reader; fails if conn is closed, and the reader is awake
		s.changed.Broadcast()
	}
}

// cutLocked disconnects a session at once. Its reader removes it.
func (r *room) cutLocked(s *session, why error) {
	if s.failed != nil {
		return
	}
	s.failed = why
	if l, ok := s.conn.(interface{ SetLinger(int) error }); ok {
		_ = l.SetLinger(0) // otherwise the kernel would keep the unread data for minutes
	}
	s.conn.Close()
	s.changed.Broadcast()
}
