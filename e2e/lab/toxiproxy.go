package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// toxiproxyTimeout is for one request to its API. Taking a toxic away can wait
// for bytes that nobody reads.
const toxiproxyTimeout = 15 * time.Second

// Toxiproxy shapes what goes through its routes: it delays, slows, slices,
// silences and cuts. It is a program of the bench, github.com/Shopify/toxiproxy,
// built from e2e/toxiproxy and run like the others: role "toxiproxy".
//
// [Proxy] is for something else. It knows whose connection it carries, and so
// can cut some members off from some others; it can do nothing to the bytes. A
// Route does to all connections the same, whoever dialled.
//
// The methods of both end the test if they cannot do their work.
type Toxiproxy struct {
	lab     *Lab
	process *Process
	api     string
	// No connection is kept: those would be leaks at the end of the tests.
	client http.Client
}

// StartToxiproxy starts a Toxiproxy. The seed decides what its random toxics
// do. It is not among [Lab.Processes].
func (l *Lab) StartToxiproxy(seed uint64) *Toxiproxy {
	l.t.Helper()
	at := l.Address()
	host, port, _ := net.SplitHostPort(at)
	p := l.startAll(true, Spec{
		Name: "toxiproxy", Args: []string{"-host", host, "-port", port, "-seed", strconv.FormatUint(seed>>1, 10)},
	})[0]
	p.Listens(at)
	return &Toxiproxy{
		lab: l, process: p, api: "http://" + at,
		client: http.Client{Timeout: toxiproxyTimeout, Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       func(ctx context.Context, _, address string) (net.Conn, error) { return l.DialContext(ctx, address) },
		}},
	}
}

// Route is a way through a Toxiproxy to one target.
type Route struct {
	// Address is where the route is entered.
	Address string

	x      *Toxiproxy
	name   string
	toxics []string        // those that act
	idle   map[string]bool // delays of nothing: see Heal
	cut    bool
}

// Route opens a way to whoever listens at target, now or later. Its name must
// be new.
func (x *Toxiproxy) Route(name, target string) *Route {
	x.lab.t.Helper()
	r := &Route{Address: x.lab.Address(), x: x, name: name, idle: map[string]bool{}}
	x.ask(http.MethodPost, "/proxies", map[string]any{"name": name, "listen": r.Address, "upstream": target})
	return r
}

// Shape has the toxic act on what goes that way, on connections that are there
// and those to come. A route has at most one toxic of a kind for each way.
func (r *Route) Shape(way Way, t Toxic) {
	r.x.lab.t.Helper()
	r.x.lab.Note(r.name, fmt.Sprintf("%s %s", t, way))
	for _, stream := range way.streams() {
		name := t.kind + "_" + stream
		if r.idle[name] {
			r.change(name, t)
		} else {
			r.x.ask(http.MethodPost, "/proxies/"+r.name+"/toxics", map[string]any{
				"name": name, "type": t.kind, "stream": stream, "attributes": t.attributes,
			})
		}
		delete(r.idle, name)
		r.toxics = append(r.toxics, name)
	}
}

// change gives a toxic that is there other attributes.
func (r *Route) change(name string, t Toxic) {
	r.x.lab.t.Helper()
	r.x.ask(http.MethodPost, "/proxies/"+r.name+"/toxics/"+name, map[string]any{"attributes": t.attributes})
}

// Cut closes the connections of the route and takes no new ones until Heal.
// (The toxic that resets connections waits for a first chunk, so it does
// nothing to an idle link: this does.)
func (r *Route) Cut() {
	r.x.lab.t.Helper()
	r.x.lab.Note(r.name, "cut")
	r.cut = true
	r.update(map[string]any{"enabled": false})
}

// Heal takes all toxics away and lets connections in again. Connections that
// were silenced are closed.
func (r *Route) Heal() {
	r.x.lab.t.Helper()
	if !r.cut && len(r.toxics) == 0 {
		return
	}
	r.x.lab.Note(r.name, "heal")
	for _, name := range r.toxics {
		if strings.HasPrefix(name, Delay(0, 0).kind) {
			// Taken away, it would pass on all that it holds back, with up to 5 s for
			// each chunk if the connection has just ended, and the whole route waits.
			r.change(name, Delay(0, 0))
			r.idle[name] = true
			continue
		}
		r.x.ask(http.MethodDelete, "/proxies/"+r.name+"/toxics/"+name, nil)
	}
	if r.cut {
		r.update(map[string]any{"enabled": true})
	}
	r.toxics, r.cut = nil, false
}

// Leads has the route lead to another target. Its connections are closed.
func (r *Route) Leads(target string) {
	r.x.lab.t.Helper()
	r.x.lab.Note(r.name, "leads to "+target)
	r.update(map[string]any{"upstream": target, "enabled": false})
	r.update(map[string]any{"upstream": target, "enabled": !r.cut})
}

func (r *Route) update(to map[string]any) {
	r.x.lab.t.Helper()
	r.x.ask(http.MethodPost, "/proxies/"+r.name, to)
}

// ask makes one request of the API. Any answer but a good one ends the test.
func (x *Toxiproxy) ask(method, path string, body any) {
	x.lab.t.Helper()
	if err := x.try(method, path, body); err != nil {
		if !x.process.Running() {
			x.lab.failAt(x.process, "toxiproxy, which the scenario shapes links with, %s: it should run until the end", x.process.now().Outcome())
		}
		x.lab.failAt(x.process, "toxiproxy, which the scenario shapes links with, refused a request: %s %s: %v", method, path, err)
	}
}

func (x *Toxiproxy) try(method, path string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(context.Background(), method, x.api+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	resp, err := x.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s: %s", resp.Status, answer)
	}
	return err
}
