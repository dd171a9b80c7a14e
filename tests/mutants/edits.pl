# SPDX-License-Identifier: GPL-2.0-or-later
# usage: perl edits.pl SEED N DIRECTORY FILE...
# Writes N edits of the files, chosen by the seed, as DIRECTORY/I/{head,old,new}; head is "FILE
# LINE KIND". Only lines inside functions are edited; each edit is one of: a condition turned
# round, a call left out, a constant changed, two statements swapped, an error not returned.
use strict;
use warnings;

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
		if (/^(.*[^\w"%.])(\d+)(\b[^"]*)$/ && !/"/ && !/^\t+(?:static |const )*char \w+\[/) {
			$add->('constant', [$_], [$1 . ($2 + 1) . $3]);
		}
		if (/-(E[A-Z]+)/) {
			my ($text, $other) = ($_, $1 eq 'EIO' ? 'EINVAL' : 'EIO');

			$text =~ s/-E[A-Z]+/-$other/;
			$add->('constant', [$_], [$text]);
		}
		if ($i < $#l && simple($_) && simple($l[$i + 1]) && $_ ne $l[$i + 1]) {
			my ($a) = /^(\t+)/;
			my ($b) = $l[$i + 1] =~ /^(\t+)/;

			$add->('swap', [$_, $l[$i + 1]], [$l[$i + 1], $_]) if $a eq $b;
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
	mkdir "$dir/$n" or die "$dir/$n: $!";
	for (['head', ["$file $line $kind"]], ['old', $old], ['new', $new]) {
		open(my $o, '>', "$dir/$n/$_->[0]") or die;
		print $o map { "$_\n" } @{ $_->[1] };
	}
	$n++;
}
