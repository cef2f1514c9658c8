package report

import (
	"bytes"
	"image/color"
	"os"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"peerlab/e2e/bench/internal/rounds"
	"peerlab/e2e/bench/internal/stats"
)

const (
	plotWidth = 18 * vg.Centimeter
	barHeight = 0.9 * vg.Centimeter
	barWidth  = 0.45 * vg.Centimeter
	around    = 2 * vg.Centimeter // of the bars: title and axis
)

// compared returns the contests in which two sides or more took part; there may
// be none, on a machine that has little.
func (s *Section) compared() []rounds.Result {
	return slices.DeleteFunc(slices.Clone(s.Results), func(r rounds.Result) bool { return len(r.Samples) < 2 })
}

// plot draws the contests that are compared below each other, as bars of
// the medians, with the slowest and the fastest round as whiskers.
func (s *Section) plot(path string) error {
	var panels []*plot.Plot
	var heights []vg.Length
	total := vg.Length(0)
	for _, result := range s.compared() {
		p, bars, err := panel(result)
		if err != nil {
			return err
		}
		h := around + vg.Length(bars)*barHeight
		panels, heights, total = append(panels, p), append(heights, h), total+h
	}
	canvas := vgsvg.New(plotWidth, total)
	whole := draw.New(canvas)
	top := total
	for i, p := range panels {
		p.Draw(draw.Crop(whole, 0, -vg.Millimeter, top-heights[i], top-total))
		top -= heights[i]
	}
	return save(canvas, path)
}

// save writes a picture.
func save(canvas *vgsvg.Canvas, path string) error {
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return err
	}
	// A browser without the font that the texts were measured in takes one of the same widths.
	out := bytes.ReplaceAll(svg.Bytes(), []byte("font-family:Liberation Sans"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif"))
	return os.WriteFile(path, out, 0o644)
}

// whiskers are a bar's value and how far the rounds were from it.
type whiskers struct {
	plotter.XYs
	plotter.XErrors
}

// panel draws one contest, and says how many bars it has.
func panel(r rounds.Result) (*plot.Plot, int, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.X.Min = r.Short, r.Rate.Name, 0
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		style.Font.Variant, style.Font.Size = "Sans", 8
	}
	p.Title.TextStyle.Font.Size = 10
	var names []string
	var values plotter.Values
	var w whiskers
	for _, side := range slices.Backward(r.Sides) { // the first on top
		s := stats.Of(r.Rates(side.Name))
		if s.N == 0 {
			continue
		}
		w.XYs = append(w.XYs, plotter.XY{X: s.Median, Y: float64(len(names))})
		w.XErrors = append(w.XErrors, struct{ Low, High float64 }{s.Median - s.Min, s.Max - s.Median})
		names, values = append(names, side.Name), append(values, s.Median)
	}
	bars, err := plotter.NewBarChart(values, barWidth)
	if err != nil {
		return nil, 0, err
	}
	bars.Horizontal, bars.LineStyle.Width, bars.Color = true, 0, color.RGBA{0x5b, 0x8d, 0xb8, 0xff}
	lines, err := plotter.NewXErrorBars(w)
	if err != nil {
		return nil, 0, err
	}
	p.Add(bars, lines)
	p.NominalY(names...)
	return p, len(names), nil
}
