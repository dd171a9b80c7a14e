# Samples ([work, who, round, value] a line) to medians and ratios. The ratio is that of cgrun to
# the other one in the same round: what the machine did beside met both. low, high: its quartiles.
def at(q): sort | if length == 0 then null else .[((length - 1) * q) | floor] end;
def round2: if . == null then null else . * 100 | round / 100 end;

[inputs | split("\t") | { work: .[0], who: .[1], round: .[2], value: (.[3] | tonumber) }]
| group_by(.work)
| map(. as $all
	| [$all[] | select(.who == "cgrun")] as $own
	| ($own | map({ (.round): .value }) | add // {}) as $by
	| {
		work: $all[0].work, unit: (if $all[0].work | startswith("memory") then "KiB" else "us" end),
		rows: ($all | group_by(.who) | map(
			[.[] | select($by[.round] != null and .value > 0) | $by[.round] / .value] as $ratios
			| {
				who: .[0].who, n: length, median: (map(.value) | at(0.5)),
				least: (map(.value) | min),
				ratio: ($ratios | at(0.5) | round2), low: ($ratios | at(0.25) | round2),
				high: ($ratios | at(0.75) | round2)
			}))
	})
