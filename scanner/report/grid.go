package report

import (
	"bytes"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// column is one column of a grid.
type column struct {
	title string
	right bool // right-aligned
	// min is the narrowest the column may be shrunk to; 0 means never shrunk.
	min int
	// soft is a width that a reader can do with: no column goes below its own before
	// all others are at theirs.
	soft int
	// drop is the order in which columns are left out of a grid that is too wide
	// even when all are shrunk: 1 first; 0 never.
	drop int
}

// gap is the space between two columns, indent that before the first.
const (
	gap    = 2
	indent = 1
)

// grid lays rows out under their titles, fitted to width columns, each on one line:
// wide columns are shrunk first, then columns are dropped. width 0 means that
// nothing is shortened. The first line of the result holds the titles; further
// lines stand one for each row. Cells must be [Safe].
func grid(cols []column, rows [][]string, width int) ([]string, error) {
	widths := naturalWidths(cols, rows)
	keep := fit(cols, widths, used(cols, rows), width)
	var buf bytes.Buffer
	t := newTable(&buf, cols, keep)
	t.Header(pick(cols, keep, func(i int) string { return shortened(cols[i].title, widths[i], width) }))
	for _, row := range rows {
		if err := t.Append(pick(cols, keep, func(i int) string {
			return shortened(row[i], widths[i], width)
		})); err != nil {
			return nil, err
		}
	}
	if err := t.Render(); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(buf.String(), "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.Repeat(" ", indent) + strings.TrimRight(l, " ")
	}
	return lines, nil
}

// shortened fits a cell into its column of w columns; width is that of the grid.
func shortened(s string, w, width int) string {
	if width <= 0 || displayWidth(s) <= w {
		return s
	}
	return truncate(s, w)
}

func naturalWidths(cols []column, rows [][]string) []int {
	widths := make([]int, len(cols))
	for i, c := range cols {
		widths[i] = displayWidth(c.title)
		for _, row := range rows {
			widths[i] = max(widths[i], displayWidth(row[i]))
		}
	}
	return widths
}

// used returns the indices of the columns that may not be dropped or have text.
func used(cols []column, rows [][]string) []int {
	var out []int
	for i, c := range cols {
		if c.drop == 0 || slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
			out = append(out, i)
		}
	}
	return out
}

// fit shrinks widths in place until the columns in keep fit, and returns those that
// are still kept. Columns are dropped before widths are taken from the others, so
// that what is dropped gives its room to what stays.
func fit(cols []column, widths, keep []int, width int) []int {
	if width <= 0 {
		return keep
	}
	for least(cols, widths, keep) > width {
		worst := -1
		for k, i := range keep {
			if cols[i].drop > 0 && (worst < 0 || cols[i].drop < cols[keep[worst]].drop) {
				worst = k
			}
		}
		if worst < 0 {
			break
		}
		keep = append(keep[:worst], keep[worst+1:]...)
	}
	shrink(cols, widths, keep, width, func(c column) int { return c.soft })
	shrink(cols, widths, keep, width, func(c column) int { return c.min })
	return keep
}

// shrink takes from the column that is furthest above its floor until all fit or
// all are there.
func shrink(cols []column, widths, keep []int, width int, floor func(column) int) {
	for total(widths, keep) > width {
		worst, over := -1, 0
		for _, i := range keep {
			if n := widths[i] - floor(cols[i]); cols[i].min > 0 && n > over {
				worst, over = i, n
			}
		}
		if worst < 0 {
			return
		}
		widths[worst]--
	}
}

// total is the width of a line of these columns.
func total(widths []int, keep []int) int {
	sum := indent - gap
	for _, i := range keep {
		sum += widths[i] + gap
	}
	return sum
}

// least is total with every column shrunk as far as it goes.
func least(cols []column, widths []int, keep []int) int {
	sum := indent - gap
	for _, i := range keep {
		w := widths[i]
		if cols[i].min > 0 {
			w = min(w, cols[i].min)
		}
		sum += w + gap
	}
	return sum
}

func pick(cols []column, keep []int, f func(int) string) []string {
	out := make([]string, 0, len(cols))
	for _, i := range keep {
		out = append(out, f(i))
	}
	return out
}

// newTable is a tablewriter without lines, wrapping or changes to the text: fitting
// is done here, because a table that wraps its cells cannot be read line by line.
func newTable(buf *bytes.Buffer, cols []column, keep []int) *tablewriter.Table {
	align := make(tw.Alignment, 0, len(keep))
	for _, i := range keep {
		a := tw.AlignLeft
		if cols[i].right {
			a = tw.AlignRight
		}
		align = append(align, a)
	}
	pad := tw.Padding{Right: strings.Repeat(" ", gap), Overwrite: true}
	return tablewriter.NewTable(buf,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		})),
		tablewriter.WithConfig(tablewriter.NewConfigBuilder().
			WithTrimSpace(tw.Off).
			WithHeaderAutoFormat(tw.Off).WithRowAutoFormat(tw.Off).
			WithHeaderAutoWrap(tw.WrapNone).WithRowAutoWrap(tw.WrapNone).
			WithHeaderGlobalPadding(pad).WithRowGlobalPadding(pad).Build()),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: align}),
	)
}
