package chat

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// cuts counts why the links to a peer were cut.
type cuts struct{ slow, silent, overheld, wrong atomic.Int64 }

// count counts the end of a link.
func (c *cuts) count(why error) {
	var ours *refusal
	switch {
	case errors.Is(why, errSlow):
		c.slow.Add(1)
	case errors.Is(why, errSilent):
		c.silent.Add(1)
	case errors.Is(why, errOverheld):
		c.overheld.Add(1)
	case errors.As(why, &ours) && !errors.As(why, new(theirRefusal)):
		c.wrong.Add(1)
	}
}

// showStats tells how often each bound has been hit.
func (m *member) showStats() {
	type row struct{ who, text string }
	m.mu.Lock()
	var rows []row
	for _, p := range m.everybody() {
		c := &p.counts
		rows = append(rows, row{p.name.Who(), fmt.Sprintf("cut as slow %d, silent %d, too far ahead %d, wrong %d",
			c.slow.Load(), c.silent.Load(), c.overheld.Load(), c.wrong.Load())})
	}
	peers := len(m.peers)
	m.mu.Unlock()
	for _, r := range rows {
		m.screen.tell(r.who, r.text)
	}
	d, who := m.delivery, m.Name.Who()
	d.mu.Lock()
	links, origins, kept, held, typed := len(d.links), len(d.origins), d.kept, d.held, d.self.log.size
	d.mu.Unlock()
	m.screen.tell(who, fmt.Sprintf("lines lost %d, missing %d; handshakes that failed %d; processes forgotten %d",
		d.counts.lost.Load(), d.counts.missing.Load(), m.turnedAway.Load(), d.counts.forgotten.Load()))
	m.screen.tell(who, fmt.Sprintf("links %d, members %d of %d, processes %d of %d; KiB of own lines %d, of others' %d, of these held back %d",
		links, peers, maxPeers, origins, maxOrigins, typed>>10, kept>>10, held>>10))
}
