using System.Text;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Tpch;

/// <summary>
/// A list of words of which the first ones are drawn more often. The specification asks for weights and leaves them open; here the word
/// at place i of n has weight 1 + 3 (n - i) / n, so that the first one is drawn about four times as often as the last one.
/// </summary>
internal sealed class WeightedWords
{
    private const int Resolution = 12;
    private readonly byte[][] _slots;

    public WeightedWords(string[] words)
    {
        var slots = new List<byte[]>();
        for (var place = 0; place < words.Length; place++)
        {
            var weight = Resolution + (3 * Resolution * (words.Length - place) / words.Length);
            slots.AddRange(Enumerable.Repeat(Encoding.UTF8.GetBytes(words[place]), weight));
        }

        _slots = [.. slots];
    }

    public ReadOnlySpan<byte> Pick(ref SeededBits bits) => _slots[bits.Below(_slots.Length)];
}
