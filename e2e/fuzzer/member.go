package fuzzer

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// Member is a member of the chat that dials all others, and each again when its
// link ends.
type Member struct {
	Name string
	Seed uint64
	To   []string // the addresses of all others
	// PerSecond is how many messages it sends to all of them together, besides answers.
	PerSecond int
	// Dial connects to an address, and returns when ctx ends.
	Dial func(ctx context.Context, addr string) (net.Conn, error)

	mu        sync.Mutex
	generator *Generator
	counts    map[string]int // lines sent by verb, and links by why they ended
}

const (
	retryAfter   = 50 * time.Millisecond
	dialTimeout  = 5 * time.Second
	writeTimeout = 3 * time.Second
)

// Run sends messages until ctx ends, and returns when all its links are closed.
func (m *Member) Run(ctx context.Context) {
	m.generator = NewGenerator(m.Name, uint64(time.Now().UnixMicro()))
	m.counts = map[string]int{}
	var all sync.WaitGroup
	for i, to := range m.To {
		l := m.generator.Link(m.Seed, uint64(i))
		all.Go(func() {
			for tick := time.NewTicker(retryAfter); ; {
				m.count(m.link(ctx, l, to))
				select {
				case <-tick.C:
				case <-ctx.Done():
					tick.Stop()
					return
				}
			}
		})
	}
	all.Wait()
}

// link makes one link and returns why it ended.
func (m *Member) link(ctx context.Context, l *Link, to string) (why string) {
	dialling, cancel := context.WithTimeout(ctx, dialTimeout)
	conn, err := m.Dial(dialling, to)
	cancel()
	if err != nil {
		return "not reached"
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	in := bufio.NewReader(conn)
	if err := conn.SetReadDeadline(time.Now().Add(dialTimeout)); err != nil {
		return "closed"
	}
	if !m.send(conn, func() []string { return []string{l.Hello()} }) {
		return "closed"
	}
	if line, ok := m.receive(l, in, nil); !ok {
		return line
	}
	if !m.send(conn, l.Ready) {
		return "closed"
	}
	if line, ok := m.receive(l, in, nil); !ok {
		return line
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return "closed"
	}
	m.count("linked")

	answers, over := make(chan []string, 100), make(chan struct{})
	go func() {
		defer close(over)
		for ok := true; ok; {
			why, ok = m.receive(l, in, answers)
		}
	}()
	tick := time.NewTicker(time.Second * time.Duration(len(m.To)) / time.Duration(m.PerSecond))
	defer tick.Stop()
	for ok := true; ok; {
		select {
		case lines := <-answers:
			ok = m.send(conn, func() []string { return lines })
		case <-tick.C:
			ok = m.send(conn, l.Next)
		case <-over:
			return why
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(dialTimeout)) // for the other side's last line
	<-over
	return cmp.Or(why, "not read")
}

// send sends what lines returns.
func (m *Member) send(conn net.Conn, lines func() []string) bool {
	m.mu.Lock()
	all := lines()
	for _, line := range all {
		verb, _, _ := strings.Cut(line, " ")
		m.counts[cmp.Or(verb, "empty")]++
	}
	m.mu.Unlock()
	if len(all) == 0 {
		return true
	}
	if conn.SetWriteDeadline(time.Now().Add(writeTimeout)) != nil {
		return false
	}
	_, err := conn.Write([]byte(strings.Join(all, "\n") + "\n"))
	return err == nil
}

// receive reads a line and passes on what is to be answered. Without one, or with
// ERR, it returns why the link is over.
func (m *Member) receive(l *Link, in *bufio.Reader, answers chan<- []string) (why string, ok bool) {
	line, err := in.ReadString('\n')
	if err != nil {
		return "closed", false
	}
	line = strings.TrimSuffix(line, "\n")
	if f := strings.SplitN(line, " ", 3); f[0] == "ERR" {
		return strings.Join(f[:min(2, len(f))], " "), false
	}
	m.mu.Lock()
	answer := l.Receive(line)
	m.mu.Unlock()
	if len(answer) > 0 {
		select {
		case answers <- answer:
		default: // it asks for more than is sent
		}
	}
	return "", true
}

func (m *Member) count(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counts[what]++
}

// String returns what was sent, and how links ended.
func (m *Member) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []string
	for _, what := range slices.Sorted(maps.Keys(m.counts)) {
		all = append(all, fmt.Sprintf("%s %d", what, m.counts[what]))
	}
	return strings.Join(all, ", ")
}
