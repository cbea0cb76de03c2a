package report

// Limits of the HTML report. What a limit leaves out is said in the page: CSV, JSONL
// and summary hold everything.
const (
	maxPageFindings = 10_000   // rows of the table of findings, best scores first
	maxPageStatic   = 500      // of them in the page for readers without script
	maxPageGroups   = 300      // rows of the ranked table
	maxPageCards    = 100      // groups shown in full
	maxPageEntities = 24       // hosts, and users, shown in full
	maxPageChains   = 30       // chains drawn as trees
	maxPageInputs   = 500      // inputs without a problem
	maxPageRules    = 3_000    // rules listed under coverage
	maxPageText     = 2 << 10  // bytes of one text
	maxPageNotes    = 8 << 10  // bytes of the triage notes of a rule
	maxPageEvents   = 10       // events shown of one finding
	maxPageFields   = 400      // fields shown of one event
	maxPageEvent    = 64 << 10 // bytes of the values of one event
	// maxPageStrings bounds the bytes of the distinct texts of the table of findings,
	// which are held in memory. When it is used up, further rows say where their events
	// stand and cut their texts at maxPageShort bytes.
	maxPageStrings = 32 << 20
	maxPageShort   = 64
)
