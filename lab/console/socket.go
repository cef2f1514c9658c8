package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	maxViewers = 50
	maxActions = 8        // of one page at the same time
	maxRequest = 16 << 10 // bytes of what a viewer sends at once
	// The time from one update of a page to the next grows with the output since the one
	// before, so that a flood of lines does not take the processors from the programs that
	// print them.
	pace     = 15 * time.Millisecond
	mostPace = time.Second
	flood    = 256 << 10 // bytes a second
)

// serveSocket brings one page up to date until it is closed, and does what it asks for.
func (c *Console) serveSocket(w http.ResponseWriter, r *http.Request, may right) {
	if !c.admit(w) {
		return
	}
	defer c.dismiss()
	if c.saved() {
		may = look
	}
	// access has checked the origin.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return // it has answered
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxRequest)
	ctx, cancel := context.WithCancel(r.Context())
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	refused := make(chan string, 16)
	reading.Go(func() {
		defer cancel()
		c.readRequests(ctx, conn, may, refused)
	})
	if err := c.writeUpdates(ctx, conn, may, refused, nil); errors.Is(err, context.DeadlineExceeded) {
		// The page cannot be told: it does not read. It shows that, and connects again.
		fmt.Fprintf(c.config.Log, "peerlab: the page at %s did not read for %v: its connection is closed\n", r.RemoteAddr, c.writeLimit)
	}
}

// admit counts one more viewer, and answers if there are too many.
func (c *Console) admit(w http.ResponseWriter) bool {
	select {
	case c.viewers <- struct{}{}:
		return true
	default:
		http.Error(w, fmt.Sprintf("%d pages are open: close one", maxViewers), http.StatusServiceUnavailable)
		return false
	}
}

func (c *Console) dismiss() { <-c.viewers }

// readRequests does what a page asks for, one after the other; but what is done to programs
// may take seconds, and what is typed meanwhile does not wait for it.
func (c *Console) readRequests(ctx context.Context, conn *websocket.Conn, may right, refused chan<- string) {
	refuse := func(err error) {
		if err == nil {
			return
		}
		select {
		case refused <- err.Error():
		case <-ctx.Done():
		}
	}
	var slow sync.WaitGroup
	defer slow.Wait()
	room := make(chan struct{}, maxActions)
	for {
		_, b, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var r request
		err = json.Unmarshal(b, &r)
		switch {
		case err != nil:
			refuse(err)
		case may != control:
			refuse(errors.New("this address only shows the lab: it cannot change it"))
		case r.Do == "type" || r.From != "":
			refuse(c.do(ctx, r))
		default:
			room <- struct{}{}
			slow.Go(func() {
				refuse(c.do(ctx, r))
				<-room
			})
		}
	}
}

// writeUpdates sends a page what it lacks. An output is a binary message: the length of the
// terminal's name in a byte, the name, and the bytes. All others are JSON. The console of
// several machines, which has so many events, gets the lines of the record, too, as output of
// a terminal without a name, and the time up to which it has all of them.
func (c *Console) writeUpdates(ctx context.Context, conn *websocket.Conn, may right, refused <-chan string, has *int) error {
	send := func(kind websocket.MessageType, b []byte) error {
		ctx, cancel := context.WithTimeout(ctx, c.writeLimit)
		defer cancel()
		return conn.Write(ctx, kind, b)
	}
	sendJSON := func(m any) error {
		b, err := json.Marshal(m)
		if err != nil {
			return err
		}
		return send(websocket.MessageText, b)
	}
	if err := sendJSON(map[string]bool{"control": may == control, "saved": c.saved()}); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	var again <-chan time.Time
	if has != nil {
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		again = ticker.C
	}
	for v := (&viewer{}); ; {
		reached := c.now().Add(-settle)
		if x, ok := c.stage.(*Compose); ok {
			reached = x.complete(reached)
		}
		u := c.hub.next(v)
		if u.state != nil {
			if err := sendJSON(map[string]json.RawMessage{"state": u.state}); err != nil {
				return err
			}
		}
		if u.events > 0 {
			if err := sendJSON(map[string]int{"events": u.events}); err != nil {
				return err
			}
		}
		for _, o := range u.outputs {
			b := append([]byte{byte(len(o.terminal))}, o.terminal...)
			if err := send(websocket.MessageBinary, append(b, o.text...)); err != nil {
				return err
			}
		}
		changed := u.changed
		if has != nil {
			lines, last := c.newEvents(has)
			if len(lines) > 0 {
				if err := send(websocket.MessageBinary, append([]byte{0}, lines...)); err != nil {
					return err
				}
			}
			if !last.IsZero() { // there may be more at once
				changed, reached = nil, last.Add(-settle)
			}
			if err := sendJSON(map[string]time.Time{"reached": reached}); err != nil {
				return err
			}
		}
		if changed == nil {
			changed = closed
		}
		timer.Reset(min(max(pace, time.Second*time.Duration(u.fresh)/flood), mostPace))
		select {
		case text := <-refused:
			if err := sendJSON(map[string]string{"refused": text}); err != nil {
				return err
			}
		case <-changed:
			select {
			case <-timer.C:
			case <-ctx.Done():
				return nil
			}
		case <-again:
		case <-ctx.Done():
			return nil
		}
	}
}

// closed is a channel that is closed.
var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
