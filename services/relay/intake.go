package relay

import "slices"

// begin records what the first node says of the file.
func (j *job) begin(addr string, size int64, hash string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.store == nil {
		s, err := j.create(size)
		if err != nil {
			return local{err}
		}
		j.store = s
	}
	if err := j.store.fits(size - j.here); err != nil {
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

// same checks that another node, or the same one later, speaks of the same file.
func (j *job) same(size int64, hash string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if size != j.size || hash != unknown && j.hash != unknown && hash != j.hash {
		return refuse("differs", "it has another version, of %d bytes", size)
	}
	j.learnLocked(hash)
	return nil
}

// learnLocked records a hash, if it is one.
func (j *job) learnLocked(hash string) {
	if j.hash == unknown {
		j.hash = hash
	}
}

// tick shows that bytes have come.
func (j *job) tick(n int64) {
	if j.bar != nil {
		j.bar.Add(int(n))
	}
}

// ended records the hash that a node sends at the end of a part.
func (j *job) ended(hash string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.learnLocked(hash)
}

// version returns what is known of the file.
func (j *job) version() (hash string, size int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.hash, j.size
}

// next returns the part to ask for, or false if there is nothing left to take.
func (j *job) next() (span, bool) {
	if j.parts == nil {
		return span{j.here, j.here + segment}, true
	}
	if part, ok := j.parts.take(); ok {
		return part, true
	}
	// When only the hash is missing it comes with the end of a part without bytes.
	hash, size := j.version()
	return span{size, size}, hash == unknown && j.parts.frontier() == size
}

// whole reports whether all bytes are here, and can be verified.
func (j *job) whole() bool {
	hash, size := j.version()
	return j.parts != nil && hash != unknown && j.parts.frontier() == size
}

// restart drops all that has come.
func (j *job) restart() {
	if j.verify != nil {
		_, _ = j.verify.finish() // what it says is of no use any more
	}
	if j.store != nil {
		j.store.drop(true)
	}
	j.endBar()
	j.store, j.parts, j.verify, j.here = nil, nil, nil, 0
	j.hash, j.size, j.gifts = unknown, 0, nil
}

// endBar says that no more bytes will come.
func (j *job) endBar() {
	if j.bar != nil {
		j.bar.Exit()
		j.bar = nil
	}
}

// gift is a part that a node has given, and its hash as it came.
type gift struct {
	addr string
	part span
	sum  string
	of   string // the hash of the whole, as it was announced
}

// gave says which bytes a node has sent.
func (j *job) gave(addr string, part span) {
	if part.from == part.to {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.gifts = append(j.gifts, gift{addr: addr, part: part})
}

// suspect reports whether what is here has come from several nodes, and remembers
// what each of them has given: convict can then tell who lied.
func (j *job) suspect() bool {
	if !slices.ContainsFunc(j.gifts, func(g gift) bool { return g.addr != j.gifts[0].addr }) {
		return false
	}
	j.suspects = j.suspects[:0]
	for _, g := range j.gifts {
		g.of = j.hash
		var err error
		if g.sum, err = sumOf(j.store, g.part); err == nil {
			j.suspects = append(j.suspects, g)
		}
	}
	return true
}

// convict names the nodes that have given other bytes than those that are here,
// which have been verified.
func (j *job) convict() {
	for _, g := range j.suspects {
		if j.bad[g.addr] || g.of != j.hash {
			continue
		}
		if sum, err := sumOf(j.store, g.part); err == nil && sum != g.sum {
			j.passOver(g.addr)
		}
	}
}
