using System.Text;

namespace OrleansFlow.Benchmarks.Queries.Tables;

/// <summary>Words as UTF-8, each as likely as the others.</summary>
internal sealed class WordList(params IEnumerable<string> words)
{
    private readonly byte[][] _words = [.. words.Select(Encoding.UTF8.GetBytes)];

    public int Count => _words.Length;

    public ReadOnlySpan<byte> this[int index] => _words[index];

    public ReadOnlySpan<byte> Pick(ref SeededBits bits) => _words[bits.Below(_words.Length)];
}
