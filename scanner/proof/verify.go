package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/claim"
	"coldcase/scanner/input"
)

// VerifyConfig is everything that Verify needs.
type VerifyConfig struct {
	Findings io.Reader // JSON Lines, schema coldcase/finding/1
	// Matcher holds the rules at hand, all versions of them; Rules says of the others why
	// they are not run.
	Matcher *matchers.Matcher
	Rules   *rules.Set
	// Evidence are paths below which inputs are looked for that are not where they were.
	Evidence []string

	MaxMemory int64 // bytes; more spills; 0 means 256 MiB
	TempDir   string
	MaxLine   int               // bytes; 0 means 16 MiB
	Progress  *scanner.Progress // nil when nobody looks; Events counts verdicts
}

// Verify proves findings: it opens the evidence of each again and holds against it the
// input's SHA-256, each line's SHA-256 at its line and offset, the event, and the rule.
// yield is called with a verdict for each finding, in the order of the file.
//
//	findings file -> heads, by number; evidence lines -> wanted, by input and line
//	wanted + inputs, each opened once -> parts, by number
//	heads + parts -> verdicts
//
// All three are sorters that spill: memory is bounded for any number of findings. An
// error is that of reading the findings, of the temporary directory, of ctx, or of
// yield.
func Verify(ctx context.Context, cfg VerifyConfig, yield func(*Verdict) error) (_ VerifyCounts, err error) {
	if cfg.MaxMemory <= 0 {
		cfg.MaxMemory = scanner.DefaultMaxMemory
	}
	if cfg.Progress == nil {
		cfg.Progress = &scanner.Progress{}
	}
	dir, err := os.MkdirTemp(cfg.TempDir, "coldcase-*")
	if err != nil {
		return VerifyCounts{}, fmt.Errorf("temporary directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	v := newVerifier(ctx, cfg, dir)
	defer v.close()
	if err := v.readClaims(); err != nil {
		return v.counts, err
	}
	if err := v.readEvidence(); err != nil {
		return v.counts, err
	}
	return v.counts, v.judgeAll(yield)
}

// sorterShare divides MaxMemory into what one sorter holds before it spills.
const sorterShare = 32

// verifier is one Verify under way.
type verifier struct {
	ctx     context.Context
	cfg     VerifyConfig
	dir     string
	budget  int
	rules   []*rules.Rule
	byID    map[string][]int // places in rules by id
	wanted  *correlate.Sorter
	parts   *correlate.Sorter // heads among them, as part 0
	locator *Locator
	lim     input.Limits
	counts  VerifyCounts
}

func newVerifier(ctx context.Context, cfg VerifyConfig, dir string) *verifier {
	budget := int(cfg.MaxMemory / sorterShare)
	v := &verifier{ctx: ctx, cfg: cfg, dir: dir, budget: budget, rules: cfg.Matcher.Rules(), byID: map[string][]int{},
		wanted: correlate.NewSorter(dir, budget), parts: correlate.NewSorter(dir, budget),
		lim: input.Limits{Done: ctx.Done(), Stored: &cfg.Progress.StoredBytes, Decoded: &cfg.Progress.DecodedBytes}}
	v.locator = NewLocator(cfg.Evidence, v.lim)
	for i, r := range v.rules {
		v.byID[r.ID] = append(v.byID[r.ID], i)
	}
	return v
}

func (v *verifier) close() {
	_ = v.wanted.Close() // the directory is removed as a whole
	_ = v.parts.Close()
	_ = v.locator.Close() // it only read
}

// head is a claim on its way to its verdict.
type head struct {
	Claim   *claim.Finding
	Rule    int    // place in the verifier's rules, -1 when it is not at hand
	Why     string // it is not
	Problem string // the line is no finding
	Line    int64  // of the findings file
}

// readClaims files what the findings file says.
func (v *verifier) readClaims() error {
	r := claim.NewReader(v.cfg.Findings)
	for n := int64(1); ; n++ {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		x, err := r.Next()
		var bad *claim.Error
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &bad):
			err = v.addHead(n, &head{Problem: bad.Error(), Line: bad.Line})
		case err == nil:
			err = v.file(n, r.Line(), x)
		}
		if err != nil {
			return err
		}
	}
}

func (v *verifier) addHead(n int64, h *head) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return v.parts.Add(partKey(n, 0), b)
}

// partKey orders the head of a finding before its parts.
func partKey(n int64, part int) []byte {
	return correlate.AppendInt(correlate.AppendInt(make([]byte, 0, partKeySize), n), int64(part))
}

const partKeySize = 16

// wantedLine is one evidence line of a finding, on its way to its input.
type wantedLine struct {
	File, FileSum    string
	Line, Offset     int64
	Length           int32
	LineSum          string
	EventSum         [32]byte
	N                int64 // of the finding
	Place            int   // among its evidence
	Step             int16
	Rule             int
	Alerts           bool // the rule looks at findings: the event is not that of the line
	KnowsSum, NoRule bool
}

// file sends a claim and its evidence on their ways.
func (v *verifier) file(n, line int64, x *claim.Finding) error {
	rule, why := v.ruleOf(x.Rule)
	for i, e := range x.Evidence {
		w := wantedLine{File: e.File, FileSum: claim.Text(e.FileSHA256), KnowsSum: e.FileSHA256 != nil, Line: e.Line, Offset: e.Offset,
			Length: e.Length, LineSum: e.LineSHA256, EventSum: claim.EventSum(e.Event), N: n, Place: i, Step: e.Step,
			Rule: rule, NoRule: rule < 0}
		w.Alerts = rule >= 0 && scanner.OverAlerts(v.rules[rule])
		b, err := json.Marshal(w)
		if err != nil {
			return err
		}
		if err := v.wanted.Add(w.key(), b); err != nil {
			return err
		}
	}
	x.Evidence = nil
	return v.addHead(n, &head{Claim: x, Rule: rule, Why: why, Line: line})
}

// key orders lines by input, place in it, finding.
func (w *wantedLine) key() []byte {
	dst := correlate.AppendText(correlate.AppendText(nil, w.File), w.FileSum)
	dst = correlate.AppendInt(correlate.AppendInt(dst, w.Offset), w.Line)
	return correlate.AppendInt(correlate.AppendInt(dst, w.N), int64(w.Place))
}

// ruleOf finds the rule of a claim by id and version; of several that fit, the one of
// the same file. It is -1 when there is none, and why.
func (v *verifier) ruleOf(c claim.Rule) (rule int, why string) {
	rule = -1
	for _, i := range v.byID[c.ID] {
		if r := v.rules[i]; r.Version == c.Version() && (rule < 0 || r.File == c.File) {
			rule = i
		}
	}
	if rule >= 0 {
		return rule, ""
	}
	for _, e := range v.cfg.Rules.Entries {
		if e.Rule.ID != c.ID {
			continue
		}
		if e.Rule.Version != c.Version() {
			return -1, fmt.Sprintf("rule not at hand: it is of version %s, here is version %s", claim.VersionText(c.Version()), claim.VersionText(e.Rule.Version))
		}
		return -1, "rule not at hand: it is not run here: " + e.Reason
	}
	return -1, "rule not at hand"
}

// judgeAll brings each head together with its parts.
func (v *verifier) judgeAll(yield func(*Verdict) error) error {
	b := newBench(v)
	counted := func(verdict *Verdict) error {
		v.counts.add(verdict.Status)
		v.cfg.Progress.Events.Add(1)
		return yield(verdict)
	}
	var j *judge
	err := correlate.Merge([]*correlate.Sorter{v.parts}, func(key, payload []byte) error {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if !bytes.Equal(key[partKeySize/2:], correlate.AppendInt(nil, 0)) {
			return j.take(payload)
		}
		if b.full() {
			if err := b.end(counted); err != nil {
				return err
			}
			b = newBench(v)
		}
		h := &head{}
		if err := json.Unmarshal(payload, h); err != nil {
			return scanner.ErrSpilled
		}
		j = b.open(h)
		return nil
	})
	if err != nil {
		return errors.Join(err, b.joined.Close())
	}
	return b.end(counted)
}
