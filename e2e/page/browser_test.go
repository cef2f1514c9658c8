package page

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// limit is for anything that a test waits for.
const limit = 15 * time.Second

// root is the folder of the project.
const root = "../.."

// action is something that is done in a page.
type action = chromedp.Action[chromedp.Void]

// run is a run of peerlab with its page.
type run struct {
	control, look string // its addresses
}

// start starts 'peerlab run', and ends it with the test.
func start(t *testing.T, args ...string) *run {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("faults of the network need root")
	}
	return peerlab(t, append([]string{"run", "-listen", "127.0.0.1:0"}, args...)...)
}

// peerlab starts a command of peerlab that has a page, in the project's folder, and ends it
// with the test.
func peerlab(t *testing.T, args ...string) *run {
	t.Helper()
	cmd := exec.Command("bin/peerlab", args...)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start(), "run 'make build' first")
	t.Cleanup(func() {
		assert.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		_, _ = io.Copy(io.Discard, out)
		assert.NoError(t, cmd.Wait(), "it ends with status 0")
	})
	var addresses []string
	for lines := bufio.NewScanner(out); len(addresses) < 2 && lines.Scan(); {
		if address := strings.TrimSpace(lines.Text()); strings.HasPrefix(address, "http://") {
			addresses = append(addresses, address)
		}
	}
	require.Len(t, addresses, 2, "the addresses are printed")
	return &run{control: addresses[0], look: addresses[1]}
}

// tab is a page in the browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// browser starts Chromium, for one test.
func browser(t *testing.T) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if strings.Contains(","+os.Getenv("PEERLAB_REQUIRE")+",", ",chromium,") {
			t.Fatal("PEERLAB_REQUIRE names chromium, and it is not installed: scripts/bootstrap.sh chromium")
		}
		t.Skip("chromium is not installed: scripts/bootstrap.sh chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(1280, 720), chromedp.NoSandbox, chromedp.ExecPath("chromium"))
	ctx, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	require.NoError(t, chromedp.Do(ctx), "chromium starts")
	return ctx
}

// open opens an address in a tab of its own, 1280 pixels wide and 720 high, and waits for its
// status: live, if there is none. What the page complains of fails the test.
func open(t *testing.T, browser context.Context, address string, status ...string) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(browser)
	p := &tab{t, ctx}
	messages := chromedp.Console(ctx)
	var reading sync.WaitGroup
	reading.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" {
				t.Errorf("the page complains: %v %s", m, m.URL)
			}
		}
	})
	t.Cleanup(reading.Wait)
	t.Cleanup(end)
	p.do(chromedp.EmulateViewport(1280, 720), scheme("light"), chromedp.Navigate(address))
	p.await(fmt.Sprintf(`document.getElementById('status').textContent.startsWith(%q)`, append(status, "live")[0]))
	return p
}

// do does actions, one after the other.
func (p *tab) do(actions ...action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, actions...))
}

// await waits until an expression in JavaScript is true.
func (p *tab) await(condition string) {
	p.t.Helper()
	p.awaitWithin(condition, limit)
}

// awaitWithin returns the milliseconds that it took, by the browser's clock.
func (p *tab) awaitWithin(condition string, limit time.Duration) float64 {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit+5*time.Second)
	defer cancel()
	took, err := chromedp.Run(ctx, chromedp.Evaluate[float64](fmt.Sprintf(`new Promise((resolve, reject) => {
		const began = performance.now();
		const look = () => {
			if (%s) resolve(performance.now() - began);
			else if (performance.now() - began > %d) reject(new Error('time is over'));
			else requestAnimationFrame(look);
		};
		look();
	})`, condition, limit.Milliseconds()), chromedp.EvalAwaitPromise))
	if err != nil {
		p.shot("failed")
		p.t.Fatalf("waiting for %s: %v\n%s", condition, err, p.screens())
	}
	return took
}

// eval returns the value of an expression in JavaScript.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, expression)
	return v
}

// lines is an expression for the lines of a terminal.
func lines(name string) string {
	return fmt.Sprintf(`(b => Array.from({length: b?.length ?? 0}, (_, i) => b.getLine(i).translateToString(true)).filter(l => l))`+
		`(document.querySelector('[data-name="%s"]')?.terminal.buffer.active)`, name)
}

func (p *tab) lines(name string) []string { p.t.Helper(); return eval[[]string](p, lines(name)) }

func (p *tab) screens() string {
	return eval[string](p, `[...document.querySelectorAll('[data-name]')].map(e => e.dataset.name + '\n' + `+
		`Array.from({length: e.terminal.buffer.active.length}, (_, i) => '  ' + e.terminal.buffer.active.getLine(i).translateToString(true)).filter(l => l.trim()).join('\n')).join('\n')`)
}

// shows is a condition: these terminals show a line, so many times.
func shows(line string, count int, names ...string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = fmt.Sprintf(`%s.filter(l => l === %q).length === %d`, lines(name), line, count)
	}
	return strings.Join(all, " && ")
}

// typeAt clicks on the screen of a terminal, and types a line.
func (p *tab) typeAt(name, text string) {
	p.t.Helper()
	p.click(`[data-name="` + name + `"] .screen`)
	p.do(chromedp.KeyEvent(text + "\r"))
}

func (p *tab) click(selector string) { p.t.Helper(); p.do(chromedp.Click(chromedp.CSS(selector))) }

// link selects a link by its arrow in the graph, with the keyboard.
func (p *tab) link(from, to string) {
	p.t.Helper()
	p.await(fmt.Sprintf(`document.querySelector('[data-key="%s>%s"]')`, from, to))
	eval[any](p, fmt.Sprintf(`document.querySelector('[data-key="%s>%s"]').focus()`, from, to))
	p.do(chromedp.KeyEvent("\r"))
	p.await(fmt.Sprintf(`document.getElementById('from').value === %q && document.getElementById('to').value === %q`, from, to))
}

// scheme chooses light or dark.
func scheme(name string) action {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return err
	})
}

// shot keeps a picture of the page among the artifacts.
func (p *tab) shot(name string) []byte {
	p.t.Helper()
	b, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	folder := filepath.Join(root, "artifacts", "page")
	require.NoError(p.t, os.MkdirAll(folder, 0o755))
	require.NoError(p.t, os.WriteFile(filepath.Join(folder, p.t.Name()+"-"+name+".png"), b, 0o644))
	return b
}
