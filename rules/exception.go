package rules

import (
	"slices"
	"time"

	"coldcase/rules/query"
)

// EndpointList is the shared list of Elastic Endpoint. Endpoints read it, rules do not,
// though some name it (rule-types.md section 10).
const EndpointList = "endpoint_list"

// ExceptionList is a named list of exception items. Rules name lists, by ListID or ID.
type ExceptionList struct {
	ID        string // of the container, as rules' exceptions_list repeats it; "" when unknown
	ListID    string
	Name      string
	Namespace string // single or agnostic, "" when unknown
	Type      string // detection, rule_default, endpoint, ...
	Items     int    // how many of the items that were read are on it
}

// ExceptionItem is one exception: an event on which X holds is no event for the rules
// that the item applies to. It is immutable after loading.
type ExceptionItem struct {
	ID     string // item_id; "" in a TOML file
	ListID string // of the list that it is on; "" when it is on none
	// Container is the id of that list, "" when the file does not say.
	Container string
	Name      string
	File      string
	Line      int // 1-based
	// X holds for the events that are left out; nil when NotApplied says why the item
	// cannot be held against events.
	X query.Expr
	// Expire is when the item ends, zero for never. It is held against the event's own
	// time (product.md).
	Expire time.Time
	// Rules are the rules that the item applies to beside those that name its list: ids
	// or exact names, or "*" for all.
	Rules      []string
	NotApplied string
}

// AppliesTo says whether the item is meant for r.
func (x *ExceptionItem) AppliesTo(r *Rule) bool {
	for _, name := range x.Rules {
		if name == "*" || name == r.ID || name == r.Name {
			return true
		}
	}
	if x.ListID == EndpointList {
		return false
	}
	return x.ListID != "" && slices.Contains(r.Exceptions, x.ListID) ||
		x.Container != "" && slices.Contains(r.Exceptions, x.Container)
}

// Exceptions is what was read of exception files. Items are in the order of the files
// and of the lines in them.
type Exceptions struct {
	Items []*ExceptionItem
	Lists []ExceptionList // by ListID
	// Problems are the items, value lists and files that could not be read.
	Problems []Problem
	Notes    []string // what was passed over, sorted
}
