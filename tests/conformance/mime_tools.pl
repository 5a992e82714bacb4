#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mime_tools.pl [-c] — what Perl's MIME-tools makes of messages, one JSON object a message: the conformance runs read it.
# Paths on the standard input, a line each. Each leaf: its type, its name, the SHA-256 of its bytes; -c: the bytes, too.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use JSON::PP;
use MIME::Base64;
use MIME::Parser;

my $contents = @ARGV && $ARGV[0] eq '-c';
my $json = JSON::PP->new->ascii->canonical;
my $parser = MIME::Parser->new;
$parser->output_to_core(1);
$parser->tmp_to_core(1);
$parser->max_parts(2000);
$SIG{__WARN__} = sub { };

sub text {
	my $text = shift // '';
	utf8::decode($text) unless utf8::is_utf8($text);
	return $text;
}

sub leaf {
	my $entity = shift;
	my $bytes = $entity->bodyhandle ? $entity->bodyhandle->as_string : '';
	utf8::encode($bytes) if utf8::is_utf8($bytes);
	my %leaf = (type => text($entity->mime_type), name => text($entity->head->recommended_filename),
	            size => length $bytes, sha256 => sha256_hex($bytes));
	$leaf{bytes} = encode_base64($bytes, '') if $contents;
	return \%leaf;
}

sub leaves {
	my $path = shift;
	open my $file, '<:raw', $path or die "$path: $!";
	my $entity = eval { $parser->parse($file) } or return undef;
	return [ map { leaf($_) } grep { !$_->parts } $entity->parts_DFS ];
}

$| = 1;
while (my $path = <STDIN>) {
	chomp $path;
	print $json->encode({ file => text($path), leaves => leaves($path) }), "\n";
}
