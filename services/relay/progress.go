package relay

import (
	"slices"

	"peerlab/services/internal/lines"
)

// begin records the size and hash from the first node and creates the store.
func (j *job) begin(addr string, size int64, hash string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.store == nil {
		s, err := j.create(size)
		if err != nil {
			return localError{err}
		}
		j.store = s
	}
	if err := j.store.checkSpace(size - j.here); err != nil {
		return err
	}
	j.from, j.size, j.hash = addr, size, hash
	j.parts = newSpans(j.here, size)
	j.verify = newVerifier(j.store, j.parts)
	go j.verify.run()
	if j.watch != nil {
		j.bar = j.watch(size, j.here)
	}
	return nil
}

// checkVersion checks that a later SEND announces the same version.
func (j *job) checkVersion(size int64, hash string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if size != j.size || hash != unknown && j.hash != unknown && hash != j.hash {
		return lines.Refuse("differs", "its version of the file has %d bytes", size)
	}
	j.learnLocked(hash)
	return nil
}

// learnLocked records the hash of the file if it was unknown.
func (j *job) learnLocked(hash string) {
	if j.hash == unknown {
		j.hash = hash
	}
}

// addProgress passes the number of received bytes to the display.
func (j *job) addProgress(n int64) {
	if j.bar != nil {
		j.bar.Add(int(n))
	}
}

// learnHash records the hash of an END line.
func (j *job) learnHash(hash string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.learnLocked(hash)
}

// version returns the hash, which may be unknown, and the size of the file.
func (j *job) version() (hash string, size int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.hash, j.size
}

// next returns the part to request next, or false if no part is unassigned.
func (j *job) next() (span, bool) {
	if j.parts == nil {
		return span{j.here, j.here + segment}, true
	}
	if part, ok := j.parts.take(); ok {
		return part, true
	}
	// If only the hash is missing, an empty part at the end yields it.
	hash, size := j.version()
	return span{size, size}, hash == unknown && j.parts.frontier() == size
}

// whole reports whether all bytes and the hash have been received.
func (j *job) whole() bool {
	hash, size := j.version()
	return j.parts != nil && hash != unknown && j.parts.frontier() == size
}

// restart discards everything that was received.
func (j *job) restart() {
	if j.verify != nil {
		_, _ = j.verify.finish() // the result is not needed
	}
	if j.store != nil {
		j.store.drop(true)
	}
	j.endBar()
	j.store, j.parts, j.verify, j.here = nil, nil, nil, 0
	j.hash, j.size, j.contributions = unknown, 0, nil
}

// endBar ends the display.
func (j *job) endBar() {
	if j.bar != nil {
		j.bar.Exit()
		j.bar = nil
	}
}

// contribution is a part that a node has sent, and the hash of its bytes.
type contribution struct {
	addr string
	part span
	sum  string
	of   string // the announced hash of the whole file
}

// addContribution records the bytes that a node has sent.
func (j *job) addContribution(addr string, part span) {
	if part.from == part.to {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.contributions = append(j.contributions, contribution{addr: addr, part: part})
}

// recordSuspects reports whether several nodes contributed, and if so records the hash
// of each contribution, so that blame can find the wrong ones later.
func (j *job) recordSuspects() bool {
	if !slices.ContainsFunc(j.contributions, func(g contribution) bool { return g.addr != j.contributions[0].addr }) {
		return false
	}
	j.suspects = j.suspects[:0]
	for _, g := range j.contributions {
		g.of = j.hash
		var err error
		if g.sum, err = sumOf(j.store, g.part); err == nil {
			j.suspects = append(j.suspects, g)
		}
	}
	return true
}

// blame excludes the nodes whose recorded contributions differ from the verified file.
func (j *job) blame() {
	for _, g := range j.suspects {
		if j.bad[g.addr] || g.of != j.hash {
			continue
		}
		if sum, err := sumOf(j.store, g.part); err == nil && sum != g.sum {
			j.exclude(g.addr)
		}
	}
}
