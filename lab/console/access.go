package console

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// right is what the sender of a request may do.
type right int

const (
	none    right = iota
	look          // see the page, and save the run
	control       // and type, break and heal
)

// access decides which requests are answered. A page of another site that the browser shows
// must not reach the server, neither by its address (the Origin is the other site's) nor by a
// name that resolves to this machine (DNS rebinding: the Host is that name).
type access struct {
	loopback     bool // the server listens on the loopback interface only
	controlToken string
	lookToken    string
}

// newAccess makes random tokens. address is where the server listens.
func newAccess(address netip.AddrPort) access {
	return access{loopback: address.Addr().IsLoopback(), controlToken: rand.Text(), lookToken: rand.Text()}
}

// fromHere returns whether the request is for this server by its address, and comes from no
// other site's page. No attacker can make a browser send an address or "localhost" for a name.
func (a access) fromHere(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(r.Host); err == nil {
		host = name
	}
	if host != "localhost" {
		ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if err != nil || a.loopback && !ip.IsLoopback() {
			return false
		}
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
		return false
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin" || site == "none" || r.URL.Path == "/" && r.Method == http.MethodGet
}

// rightOf returns what the token of a request allows: ?token=, or Authorization: Bearer.
func (a access) rightOf(r *http.Request) right {
	token := r.URL.Query().Get("token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(token), []byte(a.controlToken)) == 1:
		return control
	case subtle.ConstantTimeCompare([]byte(token), []byte(a.lookToken)) == 1:
		return look
	}
	return none
}
