package page

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

// at returns where an element is on the page, at a part of its width and height.
func (p *tab) at(selector string, right, down float64) (x, y float64) {
	p.t.Helper()
	p.await(fmt.Sprintf(`document.querySelector(%q)`, selector))
	xy := eval[[2]float64](p, fmt.Sprintf(`(e => {
		e.scrollIntoView({ block: 'center' });
		const r = e.getBoundingClientRect();
		return [r.left + %f * r.width, r.top + %f * r.height];
	})(document.querySelector(%q))`, right, down, selector))
	return xy[0], xy[1]
}

// A line is lost on a cut link: its arrow ends in a red cross, and a click on that shows
// what led to it, and what was done to the link.
func TestALostLineIsSeenAndExplained(t *testing.T) {
	r := start(t)
	p := open(t, browser(t), r.control)
	p.awaitChat()
	p.link("client1", "client2")
	p.click("#link-panel [data-do=cut]")
	p.await(`document.querySelectorAll('#graph .badge').length === 1`)
	p.typeAt("client1", "even so?")
	p.await(shows("Client 1: even so?", 1, "client3", "client4", "client5"))
	const lost = `#diagram path.arrow.lost`
	x, y := p.at(lost, .9, .9) // in the cross
	assert.Equal(t, "rgb(179, 32, 27)", eval[string](p, `getComputedStyle(document.querySelector('`+lost+`')).stroke`))
	p.do(chromedp.MouseClickXY(x, y))
	p.await(`document.querySelector('#diagram .sent.chosen') && document.querySelectorAll('` + lost + `').length === 1`)
	diagram := eval[string](p, `document.getElementById('diagram').textContent`)
	for _, part := range []string{"client1 → client2  sent", "it did not arrive", "fault: drop, client1 → client2"} {
		assert.Contains(t, diagram, part)
	}
	p.shot("explained")

	t.Log("in the live diagram an event is chosen by a click during which others happen")
	p.click("#back")
	p.await(`document.querySelectorAll('#diagram g.typed').length === 1 && !document.querySelector('#diagram .chosen')`)
	x, y = p.at(`#diagram g.typed path`, .5, .5)
	p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	eval[any](p, `(input => { input.value = 'not now'; input.form.requestSubmit(); })(document.querySelector('[data-name="client3"] input'))`)
	p.await(shows("Client 3: not now", 1, "client1", "client2", "client4", "client5"))
	p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	p.await(`document.querySelector('#diagram .typed.chosen')?.textContent.includes('even so?')`)
	p.click("#back")
	p.await(`document.getElementById('diagram').textContent.includes('Client 3: not now')`)

	t.Log("the link is healed, and the arrow says that the line was sent again")
	p.click("#heal")
	p.await(shows("Client 1: even so?", 1, "client2"))
	p.await(`document.querySelector('#diagram path.arrow.again') && !document.querySelector('` + lost + `')`)
	p.shot("again")
}

// Without the diagram in view none is drawn.
func TestADiagramThatIsNotInViewIsNotDrawn(t *testing.T) {
	r := start(t)
	p := open(t, browser(t), r.control)
	p.awaitChat()
	p.await(`document.querySelector('#diagram svg')`)
	p.do(chromedp.EmulateViewport(820, 500))
	p.await(`document.getElementById('diagram').getBoundingClientRect().top > innerHeight`)
	for i := range 3 {
		line := fmt.Sprintf("line %d", i)
		p.typeAt("client1", line)
		p.await(shows("Client 1: "+line, 1, everyone("client1")...))
	}
	assert.NotContains(t, eval[string](p, `document.getElementById('diagram').textContent`), "line 0")
	eval[any](p, `document.getElementById('diagram').scrollIntoView()`)
	p.await(`document.getElementById('diagram').textContent.includes('Client 1: line 2')`)
}
