package console

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"peerlab/lab/diagram"
)

//go:embed web
var web embed.FS

// policy allows the page nothing but itself: no script in the page, no other site.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// handler answers the requests of the page.
func (c *Console) handler() http.Handler {
	files, err := fs.Sub(web, "web")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	assets := http.FileServerFS(files)
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", http.StripPrefix("/assets", assets))
	mux.HandleFunc("GET /assets/diagram.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		_, _ = io.WriteString(w, diagram.Style)
	})
	mux.HandleFunc("GET /{$}", c.allowed(func(w http.ResponseWriter, r *http.Request, _ right) { assets.ServeHTTP(w, r) }))
	mux.HandleFunc("GET /socket", c.allowed(c.serveSocket))
	mux.HandleFunc("GET /diagram.svg", c.allowed(c.serveDiagram))
	mux.HandleFunc("GET /run.zip", c.allowed(c.serveRun))
	mux.HandleFunc("GET /look", c.allowed(c.serveLook))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !c.access.fromHere(r) {
			http.Error(w, "this page is not for other sites: use the address that peerlab has printed", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// allowed answers requests that have a token.
func (c *Console) allowed(answer func(http.ResponseWriter, *http.Request, right)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		may := c.access.rightOf(r)
		if may == none {
			http.Error(w, "the token is missing or wrong: use the whole address that peerlab has printed", http.StatusForbidden)
			return
		}
		answer(w, r, may)
	}
}

// serveLook answers with the token of those who may only look.
func (c *Console) serveLook(w http.ResponseWriter, _ *http.Request, _ right) {
	fmt.Fprint(w, c.access.lookToken)
}

// serveDiagram answers with the diagram of the last events: until=N for those up to N,
// process=NAME and text=TEXT for a part, all=1 with all messages, around=N for what may have
// led to event N.
func (c *Console) serveDiagram(w http.ResponseWriter, r *http.Request, _ right) {
	q := r.URL.Query()
	number := func(name string) int {
		n, _ := strconv.Atoi(q.Get(name)) // 0: none
		return n
	}
	f := filter{text: strings.TrimSpace(q.Get("text")), all: q.Get("all") != "", processes: q["process"]}
	svg, err := c.draw(f, number("until"), number("around"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write(svg)
}
