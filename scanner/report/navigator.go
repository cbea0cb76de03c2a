package report

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"

	"coldcase/rules/attack"
	"coldcase/scanner"
)

// Navigator writes a layer for the ATT&CK Navigator, layer format 4.5
// (mitre-attack/attack-navigator, layers/spec/v4.5/layerformat.md): each technique
// that was hit, below its tactic, scored by its findings, with the rules in the
// comment.
func Navigator(w io.Writer, res *scanner.Result, opt Options) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(layerOf(res))
}

type layer struct {
	Name        string           `json:"name"`
	Versions    layerVersions    `json:"versions"`
	Domain      string           `json:"domain"`
	Description string           `json:"description"`
	Sorting     int              `json:"sorting"`
	Layout      layerLayout      `json:"layout"`
	HideDisable bool             `json:"hideDisabled"`
	Techniques  []layerTechnique `json:"techniques"`
	Gradient    layerGradient    `json:"gradient"`
	Legend      []layerLegend    `json:"legendItems"`
	Metadata    []layerMetadata  `json:"metadata"`
}

type layerVersions struct {
	Attack    string `json:"attack,omitempty"`
	Navigator string `json:"navigator"`
	Layer     string `json:"layer"`
}

type layerLayout struct {
	Layout    string `json:"layout"`
	ShowID    bool   `json:"showID"`
	ShowName  bool   `json:"showName"`
	Aggregate bool   `json:"showAggregateScores"`
	Unscored  bool   `json:"countUnscored"`
	Function  string `json:"aggregateFunction"`
	Expanded  string `json:"expandedSubtechniques"`
}

type layerTechnique struct {
	ID       string          `json:"techniqueID"`
	Tactic   string          `json:"tactic,omitempty"`
	Score    int64           `json:"score"`
	Comment  string          `json:"comment"`
	Enabled  bool            `json:"enabled"`
	Show     bool            `json:"showSubtechniques,omitempty"`
	Metadata []layerMetadata `json:"metadata,omitempty"`
}

type layerGradient struct {
	Colors []string `json:"colors"`
	Min    int64    `json:"minValue"`
	Max    int64    `json:"maxValue"`
}

type layerLegend struct {
	Label string `json:"label"`
	Color string `json:"color"`
}

type layerMetadata struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// layerColours run from few findings to many; one hue, so that it reads in grey too.
var layerColours = []string{"#fee8d6", "#f4a261", "#b8400e"}

func layerOf(res *scanner.Result) layer {
	b := layerBuilder{techniques: []layerTechnique{}, seen: map[string]bool{}}
	for i := range res.Tactics {
		b.tactic(&res.Tactics[i])
	}
	most := max(b.most, 1)
	text := fmt.Sprintf("%s in %s. The score of a technique is the number of its findings.",
		plural(res.Counts.Findings, "finding"), plural(res.Counts.Groups, "group"))
	if b.unknown > 0 {
		text += fmt.Sprintf(" %s of rules are no ids of ATT&CK and left out.", plural(int64(b.unknown), "technique"))
	}
	major := majorVersion.FindString(strings.TrimPrefix(res.Tool.ATTACK, "v"))
	return layer{
		Name:     "coldcase findings",
		Versions: layerVersions{Attack: major, Navigator: "5.2.0", Layer: "4.5"},
		Domain:   "enterprise-attack", Description: text, Sorting: 3,
		Layout: layerLayout{Layout: "side", ShowID: true, ShowName: true, Aggregate: true,
			Function: "max", Expanded: "annotated"},
		Techniques: b.techniques,
		Gradient:   layerGradient{Colors: layerColours, Min: 0, Max: most},
		Legend: []layerLegend{{"one finding or few", layerColours[0]},
			{plural(most, "finding"), layerColours[len(layerColours)-1]}},
		Metadata: []layerMetadata{{"tool", Safe(res.Tool.Name + " " + res.Tool.Version)},
			{"evidence read whole", map[bool]string{true: "yes", false: "no"}[res.Complete]}},
	}
}

// techniqueID is the form that the layer format asks for.
var techniqueID = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)

// majorVersion is what the layer format knows of the version of ATT&CK.
var majorVersion = regexp.MustCompile(`^\d+`)

type layerBuilder struct {
	techniques []layerTechnique
	seen       map[string]bool // tactic and id; tactics that are not known share ""
	most       int64
	unknown    int // ids in no form of ATT&CK
}

func (b *layerBuilder) tactic(t *scanner.TacticResult) {
	// A tactic that the catalogue does not know has no short name: its techniques are
	// then marked below every tactic that they belong to.
	short := ""
	if known, ok := attack.TacticByID(t.ID); ok {
		short = known.ShortName
	}
	for i := range t.Techniques {
		b.technique(short, &t.Techniques[i])
	}
}

func (b *layerBuilder) technique(tactic string, t *scanner.TechniqueResult) {
	switch place := tactic + " " + t.ID; {
	case !techniqueID.MatchString(t.ID):
		b.unknown++
	case !b.seen[place]:
		b.seen[place] = true
		b.add(tactic, t)
	}
	for i := range t.Subtechniques {
		b.technique(tactic, &t.Subtechniques[i])
	}
}

func (b *layerBuilder) add(tactic string, t *scanner.TechniqueResult) {
	b.most = max(b.most, t.Count)
	out := layerTechnique{ID: t.ID, Tactic: tactic, Score: t.Count, Enabled: true, Show: len(t.Subtechniques) > 0,
		Comment: plural(t.Count, "finding") + " of " + clipped(Safe(strings.Join(t.Rules, "; ")), maxSentence)}
	if t.Was != "" && t.Was != t.ID {
		out.Metadata = []layerMetadata{{"revoked id in the rule", Safe(t.Was)}}
	}
	b.techniques = append(b.techniques, out)
}
