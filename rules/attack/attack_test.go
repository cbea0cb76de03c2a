package attack

import (
	"os"
	"strings"
	"testing"
)

func TestTacticByID(t *testing.T) {
	f := func(id, name, short string, order int) {
		t.Helper()
		got, ok := TacticByID(id)
		want := Tactic{ID: id, ShortName: short, Name: name, Order: order}
		if !ok || got != want {
			t.Errorf("TacticByID(%q) = %+v, %v; want %+v", id, got, ok, want)
		}
	}
	f("TA0043", "Reconnaissance", "reconnaissance", 1)
	f("TA0006", "Credential Access", "credential-access", 8)
	// Exfiltration stands to the right of Command and Control though its id is lower.
	f("TA0011", "Command and Control", "command-and-control", 12)
	f("TA0010", "Exfiltration", "exfiltration", 13)
	f("TA0040", "Impact", "impact", 14)
	for _, id := range []string{"", "TA9999", "ta0006", "T1003"} {
		if got, ok := TacticByID(id); ok {
			t.Errorf("TacticByID(%q) = %+v, want none", id, got)
		}
	}
}

func TestTacticByName(t *testing.T) {
	for _, name := range []string{"Credential Access", "credential access", "credential-access"} {
		if got, ok := TacticByName(name); !ok || got.ID != "TA0006" {
			t.Errorf("TacticByName(%q) = %+v, %v; want TA0006", name, got, ok)
		}
	}
	for _, name := range []string{"", "Stealth", "TA0006"} {
		if got, ok := TacticByName(name); ok {
			t.Errorf("TacticByName(%q) = %+v, want none", name, got)
		}
	}
}

func TestTechniqueByID(t *testing.T) {
	f := func(id, wantID, wantName, wantParent, wantWas string) {
		t.Helper()
		got, ok := TechniqueByID(id)
		if !ok || got.ID != wantID || got.Name != wantName || got.Parent != wantParent || got.Was != wantWas {
			t.Errorf("TechniqueByID(%q) = %+v, %v; want %s %q parent %q was %q",
				id, got, ok, wantID, wantName, wantParent, wantWas)
		}
	}
	f("T1003", "T1003", "OS Credential Dumping", "", "")
	f("T1003.001", "T1003.001", "LSASS Memory", "T1003", "")
	f("T1558.005", "T1558.005", "Ccache Files", "T1558", "")
	f("T1002", "T1560", "Archive Collected Data", "", "T1002")
	f("T1004", "T1547.004", "Winlogon Helper DLL", "T1547", "T1004")
	for _, id := range []string{"", "T0000", "t1003", "T1003.", "TA0006"} {
		if got, ok := TechniqueByID(id); ok {
			t.Errorf("TechniqueByID(%q) = %+v, want none", id, got)
		}
	}
	if got, _ := TechniqueByID("T1026"); !got.Deprecated || got.Was != "" {
		t.Errorf("TechniqueByID(T1026) = %+v, want deprecated without a successor", got)
	}
}

// TestCatalogueIsWhole holds the files to what the functions promise: every
// reference in them leads somewhere, and no revocation ends in a revoked id.
func TestCatalogueIsWhole(t *testing.T) {
	c := load()
	orders := make(map[int]string)
	for id, tac := range c.tactics {
		if other, dup := orders[tac.Order]; dup || tac.Order < 1 || tac.Order > len(c.tactics) {
			t.Errorf("tactic %s has place %d (also %q)", id, tac.Order, other)
		}
		orders[tac.Order] = id
	}
	for id, e := range c.techniques {
		for _, tac := range e.Tactics {
			if _, ok := c.tactics[tac]; !ok {
				t.Errorf("%s names unknown tactic %s", id, tac)
			}
		}
		if parent, ok := c.techniques[e.Parent]; e.Parent != "" && (!ok || parent.Parent != "") {
			t.Errorf("%s: parent %q is no technique", id, e.Parent)
		}
		if e.Parent != "" && !strings.HasPrefix(id, e.Parent+".") {
			t.Errorf("%s: parent %s is not in its id", id, e.Parent)
		}
		got, ok := TechniqueByID(id)
		if !ok || c.techniques[got.ID].revokedBy != "" {
			t.Errorf("%s resolves to %+v, which is revoked", id, got)
		}
		if revoked := e.revokedBy != ""; revoked != (got.Was == id) {
			t.Errorf("%s: revoked %v, Was %q", id, revoked, got.Was)
		}
	}
	if len(c.tactics) < 14 || len(c.techniques) < 700 {
		t.Errorf("%d tactics, %d techniques: the files are cut", len(c.tactics), len(c.techniques))
	}
}

// TestLicence: MITRE asks that its designation goes wherever the facts go.
func TestLicence(t *testing.T) {
	text, err := os.ReadFile("LICENSE-ATTACK.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "The MITRE Corporation. This work is reproduced and distributed with the permission") {
		t.Error("LICENSE-ATTACK.txt lacks the copyright designation")
	}
}
