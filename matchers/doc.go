// Package matchers holds one event against all rules.
//
// [Compile] turns the predicate trees of rules/query into immutable nodes, resolving
// fields to slots and types once; a [Matcher] is shared by all goroutines and each
// works with a [Worker] of its own.
//
//	line -> matchers/event: values of the wanted fields
//	     -> origin: which rules' index patterns look at the event
//	     -> class, matchers/index: which of those can match at all
//	     -> nodes: which of those do
//	     -> indicators: for threat_match rules, is one of them in the event
//	     -> exceptions: does an item take the event from the rule  -> hits
//
// The reference path parses every line with fastjson and tries the tree of every
// rule that looks at the event; it is slow, plain, and what the fast path is held
// against under fuzzing, over the corpus, and at run time by an audit ([Worker.SetAudit]).
//
// What saves time on the fast path alone, and why nothing is lost by it:
//
//   - index: candidates only (package index argues why);
//   - costly.go: a costly leaf is asked once an event, and its tests, which hang on the
//     value alone, are remembered by the whole value in a memo of fixed size;
//   - regexpshape.go, globEdges in wildcard.go: what every match of an expression or
//     pattern looks like is looked at first;
//   - beyond.go: the second evaluation, as a live stack would have it, is left out for
//     events without a long value.
//
// Both paths try the cheap parts of an and or an or first (order.go).
//
// A rule in ES|QL is a predicate, which rejects events, and a row program (package rows)
// that runs on those that are left: rowstep.go. It hits when a row survives.
//
// One file holds one kind of leaf: equal.go, wildcard.go, regexp.go, compare.go,
// exists.go, text.go; computed (three-valued) expressions are in script.go, values.go,
// arith.go and call.go. What they mean is said in rules/query.
package matchers
