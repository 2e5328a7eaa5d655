# Reads what a plug-in printed as Nagios does, and its figures with Monitoring::Plugin.
#
# usage: nagios.pl FILE...
use strict;
use warnings;
use Monitoring::Plugin::Performance;

my @states = qw(OK WARNING CRITICAL UNKNOWN);

for my $path (@ARGV) {
    my $text = slurp($path);
    my $state = slurp($path . '-state');
    # More than this Nagios does not read.
    die "$path: too long" if length($text) > 8192;
    my ($first, $rest) = split /\n/, $text, 2;
    die "$path: $first" unless $first =~ /^HUBLINK $states[$state] - /;
    my $figures = join ' ', map { defined && /\|(.*)/s ? $1 : '' } $first, $rest;
    $figures =~ s/\n/ /g;
    my @read = Monitoring::Plugin::Performance->parse_perfstring($figures);
    my $written = () = $figures =~ /=-?[0-9.]+s?;/g;
    die "$path: $written figures, read " . @read unless @read == $written && $written >= 2;
    die "$path: $read[0]" unless $read[0]->label eq 'hubs_ready' && $read[1]->uom eq 's';
}

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!";
    local $/;
    return scalar <$file>;
}
