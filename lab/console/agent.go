package console

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/netutil"

	"peerlab/lab/event"
)

const (
	// maxRecord bounds the events that a console is sent at once.
	maxRecord = 2000
	// beat is how often a console learns how far the record has come.
	beat = 100 * time.Millisecond
	// maxConns bounds the connections to an agent, each of which has five seconds for its
	// handshake.
	maxConns = 256
	// settle is the time from an event to its line in the record.
	settle = 20 * time.Millisecond
)

// about is the answer of an agent to the question for the time.
type about struct {
	Run       string       `json:"run"` // another one after each start
	Addresses []netip.Addr `json:"addresses"`
	Received  time.Time    `json:"received"` // the question, by the clock of the machine
	Answered  time.Time    `json:"answered"`
}

// ServeAgent serves what the page would show, until ctx ends, to the consoles of a lab that
// is on several machines, which are told apart from all others by config: see [certs.Config].
func (c *Console) ServeAgent(ctx context.Context, ln net.Listener, config *tls.Config) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /about", c.serveAbout)
	mux.HandleFunc("GET /socket", c.serveConsole)
	mux.HandleFunc("POST /do", c.serveDo)
	return c.serve(ctx, tls.NewListener(netutil.LimitListener(ln, maxConns), config), mux)
}

func (c *Console) serveAbout(w http.ResponseWriter, _ *http.Request) {
	a := about{Run: c.run, Received: c.now()}
	all, err := net.InterfaceAddrs()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	for _, at := range all {
		if ip, err := netip.ParsePrefix(at.String()); err == nil && !ip.Addr().IsLoopback() {
			a.Addresses = append(a.Addresses, ip.Addr())
		}
	}
	a.Answered = c.now()
	_ = json.NewEncoder(w).Encode(a) // the console asks again
}

// serveConsole brings one console up to date until it goes. It has the events up to number
// from.
func (c *Console) serveConsole(w http.ResponseWriter, r *http.Request) {
	var from int
	if _, err := fmt.Sscan(r.URL.Query().Get("from"), &from); err != nil || from < 0 {
		http.Error(w, "from=N is how many events the console has", http.StatusBadRequest)
		return
	}
	if r.URL.Query().Get("run") != c.run {
		http.Error(w, "the agent was started again", http.StatusConflict)
		return
	}
	if !c.admit(w) {
		return
	}
	defer c.dismiss()
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	defer conn.CloseNow()
	ctx := conn.CloseRead(r.Context())
	_ = c.writeUpdates(ctx, conn, control, nil, &from) // the console connects again
}

// serveDo does what a console asks for.
func (c *Console) serveDo(w http.ResponseWriter, r *http.Request) {
	var q request
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&q)
	switch {
	case err != nil:
	case q.Do == "type": // the console has shown it, and ends a line, as the program needs it
		err = c.stage.Type(q.Name, []byte(q.Text))
	default:
		err = c.do(r.Context(), q)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
	}
}

// newEvents returns lines of the record that a console with so many events lacks, for which
// it counts them: the number that it has with them, in 8 bytes, and the lines; or nil. If there
// are more, last is the time of the last of them.
func (c *Console) newEvents(has *int) (update []byte, last time.Time) {
	lines, first := c.history.from(*has, maxRecord)
	if len(lines) == 0 {
		return nil, last
	}
	if len(lines) == maxRecord {
		var e event.Event
		_ = json.Unmarshal(lines[maxRecord-1], &e) // it was encoded here
		last = e.Time
	}
	var b bytes.Buffer
	missing := first - *has
	*has = first + len(lines)
	b.Write(binary.BigEndian.AppendUint64(nil, uint64(*has)))
	if missing > 0 {
		var next event.Event
		_ = json.Unmarshal(lines[0], &next)                                                            // it was encoded here
		_ = json.NewEncoder(&b).Encode(event.Event{Time: next.Time, Kind: event.Lost, Bytes: missing}) // to memory
	}
	for _, line := range lines {
		b.Write(line)
	}
	return b.Bytes(), last
}

// readEvents reads lines of a record.
func readEvents(lines []byte, to func(event.Event)) error {
	for all := bufio.NewScanner(bytes.NewReader(lines)); all.Scan(); {
		var e event.Event
		if err := json.Unmarshal(all.Bytes(), &e); err != nil {
			return err
		}
		to(e)
	}
	return nil
}
