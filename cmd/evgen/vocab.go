package main

import "strings"

// words are the random part of names and paths.
var words = strings.Fields(`
account adapter admin agent alert alpha analysis api app archive asset audit auth backup batch
billing binary block board boot bridge broker buffer build bundle cache calendar canvas catalog cert
chain channel chart client cloud cluster codec collector command commit common config connect
console container context control core counter crash cron crypto cursor daemon dashboard data
database debug default delta deploy desktop device dialog digest disk dispatch docker document
domain driver dump editor element email encode engine entry error event export extension fabric
feature feed fetch field file filter firewall flag flow font format forward frame front gateway
generic global graph grid group handler hash header health helper history hook host icon image
import index info input install instance interface internal invoice item job journal kernel key
label launcher layer layout legacy library license link list loader local lock logger login mail
main manager map market master media memory merge message meta metric migrate mirror mobile model
module monitor mount native network node notify object office online open operator option order
output package packet page panel parser patch path payment peer pipeline platform player plugin
policy pool portal power preview print private process product profile program project prompt
protocol provider proxy public query queue range reader record recovery region registry relay
release remote render report request reserve resource response restore result review role root route
router rule runner runtime sample scan schedule schema scope screen script search secret section
secure select sensor server service session setting setup shadow shared shell signal simple site
snapshot socket source spool stack stage start state static status storage store stream string style
submit sync system table target task team temp template tenant test thread ticket timer token tool
topic trace track traffic transfer trigger tunnel type unit update upgrade upload usage user utility
validate value vault vector version video view virtual volume wallet watch web widget window worker
workspace wrapper zone`)

var (
	linuxDirs    = strings.Fields("usr/lib usr/share etc var/log var/lib opt home/ubuntu tmp proc/self run usr/local/bin srv var/cache")
	linuxExts    = strings.Fields(".conf .so .log .py .json .sh .txt .service .db .tmp .pid .sock .yaml .1")
	linuxUsers   = strings.Fields("root root root ubuntu www-data jenkins postgres deploy")
	windowsDirs  = []string{`Windows\System32`, `Program Files`, `Program Files (x86)`, `ProgramData`, `Users\jdoe\AppData\Local`, `Users\asmith\AppData\Roaming`, `Windows\Temp`, `Windows\SysWOW64`}
	windowsExts  = strings.Fields(".dll .exe .log .tmp .ini .dat .etl .xml .json .ps1 .lnk .docx")
	windowsUsers = []string{"SYSTEM", "SYSTEM", "LOCAL SERVICE", "jdoe", "asmith", "svc_backup"}
)

// spec is a program with the argument lists that it is run with, most used programs
// first. In the arguments {p} is a path, {W} a Windows path, {w} two words, {n} a
// number, {h} and {H} short and long hexadecimal, {u} a uuid, {ip} an address.
type spec struct {
	executable string
	arguments  []string
}

// signers says who signs the programs below a folder; the first that fits counts.
var signers = []struct{ below, name string }{
	{`C:\Windows\`, "Microsoft Windows"},
	{`C:\Program Files\Google\`, "Google LLC"},
	{`C:\Program Files\Elastic\`, "Elasticsearch, Inc."},
	{`C:\Program Files\Microsoft Office\`, "Microsoft Corporation"},
	{`C:\Program Files (x86)\Microsoft\`, "Microsoft Corporation"},
}
