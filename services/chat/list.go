package chat

// mention is a line of the list that a link begins with: PEER, or HAVE if addr
// is empty.
type mention struct {
	originID
	addr string
	seq  uint64
}

// list is what goes out after READY: encoded lines, how many, and the round in
// which they were true.
type list struct {
	lines []byte
	count uint64
	round uint64
}

// maxList bounds the list.
const maxList = maxPeers + maxOrigins

// takeListed takes in a line of the list, which is acted on when it is complete.
func (m *member) takeListed(l *link, msg message) error {
	l.list = append(l.list, mention{originID{Name(msg.name), msg.incarnation}, string(msg.addr), msg.seq})
	if len(l.list) < l.listed {
		return nil
	}
	return m.listOver(l)
}

// listOver acts on the list when it is complete.
func (m *member) listOver(l *link) error {
	if err := m.delivery.begin(l); err != nil {
		return err
	}
	for _, x := range l.list {
		if x.addr != "" {
			m.heard(x)
		}
	}
	l.list, l.listed = nil, 0
	if l.joined {
		m.settled(true)
	}
	return nil
}

// begin takes in the list of a link. All that was shown there when it was made
// was shown before what follows it was typed; whoever is first heard of by it may
// answer that without saying so again. That is why it is taken in as a whole.
func (d *delivery) begin(l *link) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var made []mention
	var deps []dep
	for _, x := range l.list {
		before := len(d.origins)
		o, err := d.mention(l, x.name, x.incarnation, x.seq)
		if err != nil {
			return err
		}
		if o == l.origin && o.fresh {
			if !o.seen {
				o.have, o.end = max(o.have, x.seq), max(o.end, x.seq)
			}
			made = append(made, x)
		}
		if len(d.origins) > before {
			made = append(made, x)
		}
	}
	l.origin.fresh = false
	for _, x := range l.list {
		o := d.origins[x.originID]
		if o == nil || o == d.self || o == l.origin {
			continue
		}
		if !o.reached(x.seq) {
			deps = append(deps, dep{o, x.seq})
		}
		d.hear(l, o, x.seq)
	}
	if len(deps) > 0 {
		for _, x := range made {
			if o := d.origins[x.originID]; o != nil && o.have > 0 { // else its lines say all that they follow
				o.basis = &basis{max(o.end, x.seq), deps}
			}
		}
	}
	return nil
}
