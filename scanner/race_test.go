//go:build race

package scanner

// raceDetector makes the largest tests smaller: under the detector they take minutes.
const raceDetector = true
