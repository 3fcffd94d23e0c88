using System.Security.Cryptography;
using System.Text;
using OrleansFlow.Tasks;

namespace OrleansFlow.Graphs;

/// <summary>Makes the id of a run from the key that its submitter chose, so that the key is kept as long as the run and needs no index of its own.</summary>
public static class IdempotencyKeys
{
    /// <summary>Longest key, in characters.</summary>
    public const int CharsMax = 256;

    /// <summary>Bytes of the hash that the id shows: 128 bits.</summary>
    private const int ShownBytes = 16;

    /// <summary>The run that a key stands for; the same in every process and version.</summary>
    /// <param name="key">1 to <see cref="CharsMax"/> characters; compared character by character.</param>
    /// <exception cref="ArgumentException">It is empty or too long.</exception>
    public static RunId RunOf(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, CharsMax);
        return new RunId("key-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)), 0, ShownBytes));
    }
}
