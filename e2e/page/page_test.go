// Package page tests the page of 'peerlab run' in Chromium: see docs/console.md.
package page

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var clients = []string{"client1", "client2", "client3", "client4", "client5"}

// everyone returns the names of all programs of a chat, but these.
func everyone(but ...string) (names []string) {
	for _, name := range append([]string{"server"}, clients...) {
		if !strings.Contains(" "+strings.Join(but, " ")+" ", " "+name+" ") {
			names = append(names, name)
		}
	}
	return names
}

// awaitChat waits until five clients are linked.
func (p *tab) awaitChat() {
	p.t.Helper()
	for _, name := range clients {
		p.await(`document.querySelector('[data-name="` + name + `"]')`)
	}
	for i := range clients {
		p.await(shows(fmt.Sprintf("Client %d: initiated.", i+1), 1, everyone()...))
	}
}

func TestTheChatOnThePage(t *testing.T) {
	r := start(t)
	b := browser(t)
	p := open(t, b, r.control)
	p.awaitChat()

	t.Log("a line typed at client1 is on the five other screens within 200 ms")
	p.click(`[data-name="client1"] .screen`)
	p.do(chromedp.KeyEvent("hello"))
	took := eval[float64](p, fmt.Sprintf(`new Promise(resolve => {
		const began = performance.now();
		document.activeElement.form.requestSubmit();
		const look = () => %s ? resolve(performance.now() - began) : requestAnimationFrame(look);
		look();
	})`, shows("Client 1: hello", 1, everyone("client1")...)))
	t.Logf("after %.0f ms", took)
	assert.Less(t, took, 200.0)
	assert.Contains(t, p.lines("client1"), "> hello")
	p.typeAt("client3", "hi, 1")
	p.await(shows("Client 3: hi, 1", 1, everyone("client3")...))
	p.await(`document.querySelector('#diagram svg:last-child')?.textContent.includes('Client 3: hi, 1')`)
	p.shot("light")

	t.Log("the server is killed by its button, and the chat goes on")
	p.click(`[data-name="server"] [data-do=kill]`)
	p.await(`document.querySelector('[data-name="server"] .state').textContent.includes('exited')`)
	p.typeAt("client2", "without the server")
	p.await(shows("Client 2: without the server", 1, everyone("server", "client2")...))
	p.await(`(d => d.includes('SIGKILL') && d.includes('without the server'))(document.getElementById('diagram').textContent)`)

	t.Log("a link is cut by its button, and healed: what was typed meanwhile appears once")
	p.link("client1", "client2")
	p.click("#both")
	p.click("#link-panel [data-do=cut]")
	p.await(`document.querySelectorAll('#graph .badge').length === 2`)
	p.link("client3", "client5")
	p.click("#both")
	p.click("#link-panel [data-do=hold]")
	p.click(`[data-name="client4"] [data-do=pause]`)
	p.await(`document.getElementById('faults').textContent === '⚠ 3 links have faults, ‖ 1 paused'`)
	p.typeAt("client1", "while cut")
	p.typeAt("client3", "while held")
	p.await(`document.getElementById('link-state').textContent.includes('held')`)
	p.shot("faults-light")
	p.do(scheme("dark"))
	p.shot("faults-dark")
	p.click("#link-panel [data-do=pass]")
	p.click("#heal")
	p.await(`document.getElementById('faults').textContent === '' && document.querySelectorAll('#graph .badge').length === 0`)
	p.await(shows("Client 1: while cut", 1, everyone("server", "client1")...))
	p.await(shows("Client 3: while held", 1, everyone("server", "client3")...))

	t.Log("the server is started: five reconnect, with their arrows")
	p.click(`[data-name="server"] [data-do=start]`)
	for i := range clients {
		p.await(shows(fmt.Sprintf("Client %d: reconnected", i+1), 1, "server"))
	}
	p.await(`(d => [1, 2, 3, 4, 5].every(i => d.textContent.includes('Client ' + i + ': reconnected')) && d.querySelectorAll('path.arrow').length >= 5)(document.getElementById('diagram'))`)
	p.shot("restarted-dark")

	t.Log("a click on an event shows what led to it")
	eval[any](p, `[...document.querySelectorAll('#diagram g.shown')].find(g => g.textContent.includes('reconnected')).dispatchEvent(new MouseEvent('click', {bubbles: true}))`)
	p.await(`!document.getElementById('back').hidden && document.querySelector('#diagram .shown.chosen')`)
	p.shot("led-to")
	p.click("#back")
	p.do(chromedp.SendKeys(chromedp.CSS("#text"), "hi, 1"))
	p.await(`(d => d.includes('Client 3: hi, 1') && !d.includes('hello'))(document.getElementById('diagram').textContent)`)

	t.Log("a reload and a second browser show the same")
	before := p.screens()
	p.do(chromedp.Reload())
	p.await(shows("Client 5: reconnected", 1, "server"))
	p.await(shows("Client 1: while cut", 1, everyone("server", "client1")...))
	assert.Equal(t, before, p.screens())
	other := open(t, b, r.look)
	other.await(shows("Client 5: reconnected", 1, "server"))
	other.await(shows("Client 1: while cut", 1, everyone("server", "client1")...))
	assert.Equal(t, before, other.screens())

	t.Log("the address to look at has nothing to type at or to press")
	assert.Empty(t, eval[[]string](other, `[...document.querySelectorAll('.control, form, [data-do]')].filter(e => e.checkVisibility()).map(e => e.outerHTML)`))
	other.shot("view-only")
	p.do(scheme("light"), chromedp.EmulateViewport(820, 1180))
	p.shot("tablet")
}

// The picture of the README is made by this test: PEERLAB_PICTURE=1.
func TestThePicture(t *testing.T) {
	r := start(t)
	p := open(t, browser(t), r.control)
	p.awaitChat()
	p.typeAt("client1", "is the server needed?")
	p.await(shows("Client 1: is the server needed?", 1, everyone("client1")...))
	p.click(`[data-name="server"] [data-do=kill]`)
	p.link("client1", "client2")
	p.click("#link-panel [data-do=cut]")
	p.await(`document.querySelectorAll('#graph .badge').length === 1`)
	p.typeAt("client2", "no, look")
	p.await(shows("Client 2: no, look", 1, everyone("server", "client2")...))
	p.typeAt("client1", "even so?")
	p.await(shows("Client 1: even so?", 1, "client3", "client4", "client5"))
	p.await(`document.getElementById('diagram').textContent.includes('Client 1: even so?')`)
	b := p.shot("picture")
	if os.Getenv("PEERLAB_PICTURE") != "" {
		require.NoError(t, os.WriteFile(filepath.Join(root, "docs", "console.png"), b, 0o644))
	}
}

// A chat in Python that was written to the letter of the assignment, without peerlab.
func TestAChatInPythonOnThePage(t *testing.T) {
	r := start(t, "-server", "python3 e2e/foreign/asassigned/server.py", "-client", "python3 e2e/foreign/asassigned/client.py {ID} {PORT1} {PORT2}", "-packets")
	b := browser(t)
	p := open(t, b, r.control)
	p.awaitChat()
	p.typeAt("client1", "hello")
	p.await(shows("Client 1: hello", 1, everyone("client1")...))
	p.link("client2", "client3")
	p.click("#link-panel [data-do=cut]")
	p.await(`document.querySelectorAll('#graph .badge').length === 1`)
	p.typeAt("client2", "is this lost?")
	p.await(shows("Client 2: is this lost?", 1, everyone("client2", "client3")...))
	p.await(`document.querySelector('#diagram g.dropped, #diagram .arrow.again, #diagram .arrow.lost')`)
	assert.NotContains(t, p.lines("client3"), "Client 2: is this lost?")
	p.shot("cut")
	p.click("#link-panel [data-do=heal]")
	p.await(shows("Client 2: is this lost?", 1, everyone("client2")...))

	answer, err := http.Get(strings.Replace(r.look, "/?", "/run.zip?", 1))
	require.NoError(t, err)
	defer answer.Body.Close()
	saved, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	files, err := zip.NewReader(bytes.NewReader(saved), int64(len(saved)))
	require.NoError(t, err)
	content := make(map[string]string)
	for _, f := range files.File {
		file, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(file)
		require.NoError(t, err)
		content[f.Name] = string(text)
	}
	for _, kind := range []string{"typed", "sent", "dropped", "healed", "shown"} {
		assert.Contains(t, content["events.jsonl"], `"kind":"`+kind+`"`)
	}
	assert.Contains(t, content["client3.cast"], "is this lost?")
	assert.Contains(t, content["diagram.svg"], "is this lost?")
	assert.NotEmpty(t, content["packets.pcapng"])

	t.Log("the saved run is opened again")
	file := filepath.Join(t.TempDir(), "run.zip")
	require.NoError(t, os.WriteFile(file, saved, 0o600))
	again := open(t, b, peerlab(t, "open", "-listen", "127.0.0.1:0", file).control, "a saved run")
	again.await(shows("Client 2: is this lost?", 1, everyone("client2")...))
	again.await(`document.getElementById('diagram').textContent.includes('is this lost?')`)
	assert.Empty(t, eval[[]string](again, `[...document.querySelectorAll('.control, form, #save')].filter(e => e.checkVisibility()).map(e => e.outerHTML)`))
	again.shot("opened")
}

// A program must not be able to do more than print: no title, no clipboard, no typing, no
// way out of its terminal.
func TestHostileOutputStaysInItsTerminal(t *testing.T) {
	attack := `\033]0;taken\007\033]52;c;dGFrZW4=\007\033[c\033[6n\033[>c\033P$qm\033\\\\\033]11;?\007\033[21t<img src=x onerror=document.title=1>\033[2J\033[999;1Hstill here`
	r := start(t, `hostile=sh -c 'printf "`+attack+`\n"; while read -r line; do echo "was typed: $line"; done' {}`, `quiet=sh -c 'echo quiet; read -r line' {}`)
	p := open(t, browser(t), r.control)
	p.await(`document.querySelector('[data-name="hostile"]') && ` + lines("hostile") + `.some(l => l.includes('still here'))`)
	p.await(`document.querySelector('[data-name="quiet"]') && ` + shows("quiet", 1, "quiet"))
	p.typeAt("hostile", "end")
	p.await(lines("hostile") + `.includes('was typed: end')`)
	assert.Equal(t, []string{"quiet"}, p.lines("quiet"))
	assert.Equal(t, "peerlab run", eval[string](p, `document.title`))
	assert.Zero(t, eval[int](p, `document.images.length`))
	p.shot("hostile")
}
