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
	// beat is how often a console is told how far the record has come.
	beat = 100 * time.Millisecond
	// maxConns bounds the connections to an agent, also of strangers, each of which has five
	// seconds for its handshake.
	maxConns = 256
	// settle is the time from an event to its line in the record.
	settle = 20 * time.Millisecond
)

// about is what an agent says of itself.
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
		if ip, err := netip.ParsePrefix(at.String()); err == nil {
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
	if err == nil {
		err = c.do(r.Context(), q)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
	}
}

// newEvents returns lines of the record that a console with so many events lacks, for which
// it counts them: the number that it has with them, in 8 bytes, and the lines; or nil.
func (c *Console) newEvents(has *int) []byte {
	lines, first := c.history.from(*has, maxRecord)
	if len(lines) == 0 {
		return nil
	}
	var b bytes.Buffer
	missing := first - *has
	*has = first + len(lines)
	b.Write(binary.BigEndian.AppendUint64(nil, uint64(*has)))
	if missing > 0 {
		_ = json.NewEncoder(&b).Encode(event.Event{Time: time.Now(), Kind: event.Lost, Bytes: missing}) // to memory
	}
	for _, line := range lines {
		b.Write(line)
	}
	return b.Bytes()
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
