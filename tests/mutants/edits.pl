# SPDX-License-Identifier: GPL-2.0-or-later
# usage: perl edits.pl SEED N DIRECTORY FILE...
# Writes N edits of the files, chosen by the seed, as DIRECTORY/I/{head,old,new}; head is "FILE
# LINE KIND". Only lines inside functions are edited; each edit is one of: a condition turned
# round, a call left out, a constant changed, two statements swapped, an error not returned.
# usage: perl edits.pl again LOG DIRECTORY
# The same for the edits that nobody noticed in the output of an earlier sample: where the line is
# now. One whose line is not there any more is left out.
use strict;
use warnings;

sub put
{
	my ($to, $head, $old, $new) = @_;

	mkdir $to or die "$to: $!";
	for (['head', [$head]], ['old', $old], ['new', $new]) {
		open(my $o, '>', "$to/$_->[0]") or die;
		print $o map { "$_\n" } @{ $_->[1] };
	}
}

# The line of FILE, nearest to LINE, at which the lines OLD stand.
sub where
{
	my ($file, $line, @old) = @_;
	my $best;

	open(my $f, '<', $file) or return;
	my @l = map { chomp; $_ } <$f>;
	for my $i (0 .. @l - @old) {
		next if grep { $l[$i + $_] ne $old[$_] } 0 .. $#old;
		$best = $i + 1 if !$best || abs($i + 1 - $line) < abs($best - $line);
	}
	return $best;
}

if ($ARGV[0] eq 'again') {
	my (undef, $log, $dir) = @ARGV;
	my ($n, %l) = (0, '-' => [], '+' => []);

	open(my $f, '<', $log) or die "$log: $!";
	while (<$f>) {
		push @{ $l{$1} }, $2 if /^[ |]*# ([-+]) (.*)$/;
		next unless /^[ |]*(?:not )?ok \d+ - (?:(\S+):(\d+) (\w+): nobody noticed)?/;
		my $at = $1 && where($1, $2, @{ $l{'-'} });
		put("$dir/" . $n++, "$1 $at $3", $l{'-'}, $l{'+'}) if $at;
		%l = ('-' => [], '+' => []);
	}
	exit;
}

my ($seed, $wanted, $dir, @files) = @ARGV;
my @edits;

# Not perl's: the same seed is to mean the same edits for everybody.
my $state = $seed * 2654435761 % 4294967296;
sub dice
{
	$state = ($state * 1664525 + 1013904223) % 4294967296;
	return int($state / 65536) % $_[0];
}

sub simple
{
	my ($line) = @_;

	return $line =~ /^\t+[^\s].*;$/ && $line !~ /^\t+(return|break|continue|goto|case|default|static|const|struct|unsigned|int|char|bool|size_t|ssize_t|uint64_t|uint32_t|pid_t|_cleanup_|for|if|else|while|do)\b/;
}

# What a statement names: "a->b[i]" is one thing, and a part of "a".
sub things
{
	my ($text) = @_;

	$text =~ s/"(?:[^"\\]|\\.)*"//g;
	return $text =~ /[A-Za-z_]\w*(?:(?:->|\.)\w+|\[\w+\])*/g;
}

sub apart
{
	my ($x, $y) = @_;

	return $x ne $y && $x !~ /^\Q$y\E(?:->|\.|\[)/ && $y !~ /^\Q$x\E(?:->|\.|\[)/;
}

# Two statements in either order do the same: nothing that is named in one is named in the other,
# and both call nothing that knows more than its arguments, or one sets only a local name. Neither
# does it matter what is released first.
sub independent
{
	my ($first, $second) = @_;
	my $release = qr/^\t+(?:free|cgi_\w+_(?:free|forget))\(\w+(?:->[\w.]+)*\);$/;
	my $local = qr/^\t+(?:\w+(?:\+\+|--| [-+]?= [^(]*)|free\(\w+\));$/;
	my $calls = sub {
		return $_[0] =~ s/\b(?:free|snprintf|memset|cgi_pids_sort|sizeof)\(//gr =~ /\w\(/;
	};

	return 1 if $first =~ $release && $second =~ $release;
	return 0 unless !$calls->($first) && !$calls->($second) ||
		$first =~ $local || $second =~ $local;
	for my $x (things($first)) {
		return 0 if grep { !apart($x, $_) } things($second);
	}
	return 1;
}

for my $file (sort @files) {
	open(my $f, '<', $file) or die "$file: $!";
	my @l = map { chomp; $_ } <$f>;
	my ($inside, $comment) = (0, 0);

	for my $i (0 .. $#l) {
		local $_ = $l[$i];

		$inside = 1 if /^\{/;
		$inside = 0 if /^\}/;
		$comment = 1 if m{/\*};
		my $skip = $comment || !$inside || /^\{/ || /^#/ || /^\s*\*/;
		$comment = 0 if m{\*/};
		next if $skip;
		my $add = sub { push @edits, [$file, $i + 1, @_] };

		if (/^(\t+)((?:\} else )?)if \((.*)\)( \{)?$/ || /^(\t+)()while \((.*)\)( \{)?$/) {
			my ($tab, $else, $condition, $brace) = ($1, $2, $3, $4 // '');
			my $word = /while \(/ && !/if \(/ ? 'while' : 'if';
			my $depth = 0;
			my $closed = 1;

			for my $c (split //, $condition) {
				$depth += $c eq '(' ? 1 : $c eq ')' ? -1 : 0;
				$closed = 0 if $depth < 0;
			}
			$add->('condition', [$_], ["$tab${else}$word (!($condition))$brace"])
				if $closed && $depth == 0;
			for my $op (['&&', '||'], ['||', '&&'], ['<', '<='], ['>', '>=']) {
				my ($from, $to) = @$op;
				my $text = $_;

				$add->('condition', [$_], [$text]) if $text =~ s/ \Q$from\E / $to /;
			}
		}
		$add->('call', [$_], ["$1;"])
			if /^(\t+)(?:\(void\))?[a-z_>.-]+\(.*\);$/ && simple($_);
		$add->('call', [$_], ["$1$2 = 0;"]) if /^(\t+)(rc|err) = [a-z_>.-]+\(.*\);$/;
		for my $pair (['true', 'false'], ['false', 'true']) {
			my $text = $_;

			$add->('constant', [$_], [$text]) if $text =~ s/\b$pair->[0]\b/$pair->[1]/;
		}
		# No decisions: the size of an array, how often one looks at the clock, how long the
		# first pause is, which negative number means "no descriptor".
		if (/^(.*[^\w"'%.])(\d+)(\b[^"]*)$/ && !/"/) {
			my ($before, $number, $after) = ($1, $2, $3);

			$add->('constant', [$_], [$before . ($number + 1) . $after])
				unless $after =~ /^\]/ && /^\t+(?:static|const|char|struct|bool|uint\d+_t) / ||
				       $before =~ / % [A-Z_]+ == $/ || $before =~ /pause = $/ ||
				       $before =~ /fd(?:\[\w+\])? = -$/;
		}
		if (/-(E[A-Z]+)/) {
			my ($text, $other) = ($_, $1 eq 'EIO' ? 'EINVAL' : 'EIO');

			$text =~ s/-E[A-Z]+/-$other/;
			$add->('constant', [$_], [$text]);
		}
		if ($i < $#l && simple($_) && simple($l[$i + 1]) && $_ ne $l[$i + 1]) {
			my ($a) = /^(\t+)/;
			my ($b) = $l[$i + 1] =~ /^(\t+)/;

			$add->('swap', [$_, $l[$i + 1]], [$l[$i + 1], $_])
				if $a eq $b && !independent($_, $l[$i + 1]);
		}
		if ($i > 0 && $l[$i - 1] =~ /^\t+(?:\} else )?if \(.*\)$/ && /^(\t+)return .*;$/) {
			$add->('error', [$_], ["$1;"]);
		}
	}
}

my %line;

for (my $n = 0; $n < $wanted && @edits; ) {
	my $e = splice(@edits, dice(scalar @edits), 1);
	my ($file, $line, $kind, $old, $new) = @$e;

	next if $line{"$file $line"}++;		# once a line
	put("$dir/" . $n++, "$file $line $kind", $old, $new);
}
