package report

import (
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Curve is how something grows with the number of clients, for several sides.
type Curve struct {
	What  string // with its unit
	sides []string
	at    map[string]plotter.XYs
}

// Point adds to the curve of that name what a side reached with so many clients.
// Both axes are logarithmic: what is not above zero is left out.
func (s *Section) Point(what, side string, clients int, value float64) {
	i := slices.IndexFunc(s.Curves, func(c *Curve) bool { return c.What == what })
	if i < 0 {
		i = len(s.Curves)
		s.Curves = append(s.Curves, &Curve{What: what, at: make(map[string]plotter.XYs)})
	}
	c := s.Curves[i]
	if value <= 0 {
		return
	}
	if c.at[side] == nil {
		c.sides = append(c.sides, side)
	}
	c.at[side] = append(c.at[side], plotter.XY{X: float64(clients), Y: value})
}

const (
	curveWidth, curveHeight = 12 * vg.Centimeter, 7.5 * vg.Centimeter
	curvesInRow             = 2
)

var curveColors = []color.Color{color.RGBA{0x2b, 0x6c, 0xb0, 0xff}, color.RGBA{0x88, 0x88, 0x88, 0xff}, color.RGBA{0xd0, 0x70, 0x20, 0xff}}

func (s *Section) curvesName() string { return plotDir + "/" + s.Name + "-growth.svg" }

// plotCurves draws all curves into one picture, two in a row.
func (s *Section) plotCurves(path string) error {
	rows := (len(s.Curves) + curvesInRow - 1) / curvesInRow
	height := vg.Length(rows) * curveHeight
	canvas := vgsvg.New(curvesInRow*curveWidth, height)
	whole := draw.New(canvas)
	for i, c := range s.Curves {
		p, err := c.panel()
		if err != nil {
			return err
		}
		left, top := vg.Length(i%curvesInRow)*curveWidth, vg.Length(i/curvesInRow)*curveHeight
		const margin = 2 * vg.Millimeter
		p.Draw(draw.Crop(whole, left+margin, left+curveWidth-margin-curvesInRow*curveWidth, height-top-curveHeight+margin, -top-margin))
	}
	return save(canvas, path)
}

// panel draws one curve for each side.
func (c *Curve) panel() (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text = c.What, "clients"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.Y.Tick.Marker = oneTwoFive{}
	p.Legend.Top, p.Legend.Left = true, true
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Variant, style.Font.Size = "Sans", 8
	}
	p.Title.TextStyle.Font.Size = 10
	var ticks plot.ConstantTicks
	for i, side := range c.sides {
		line, points, err := plotter.NewLinePoints(c.at[side])
		if err != nil {
			return nil, err
		}
		line.Color, points.Color, points.Shape = curveColors[i%len(curveColors)], curveColors[i%len(curveColors)], draw.CircleGlyph{}
		line.Width = 1.2 * vg.Millimeter / 2
		p.Add(line, points)
		p.Legend.Add(side, line, points)
		for _, at := range c.at[side] {
			tick := plot.Tick{Value: at.X, Label: strconv.Itoa(int(at.X))}
			if !slices.Contains(ticks, tick) {
				ticks = append(ticks, tick)
			}
		}
	}
	p.X.Tick.Marker = ticks
	return p, nil
}

// oneTwoFive marks 1, 2 and 5 times each power of ten.
type oneTwoFive struct{}

// Ticks implements plot.Ticker.
func (oneTwoFive) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for power := math.Pow10(int(math.Floor(math.Log10(low)))); power <= high; power *= 10 {
		for _, times := range []float64{1, 2, 5} {
			if at := times * power; low <= at && at <= high {
				ticks = append(ticks, plot.Tick{Value: at, Label: strconv.FormatFloat(at, 'f', -1, 64)})
			}
		}
	}
	return ticks
}
