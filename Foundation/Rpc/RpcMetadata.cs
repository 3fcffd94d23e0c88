using System.Buffers;
using System.Collections;

namespace OrleansFlow.Rpc;

/// <summary>
/// Headers or trailers of a call, in order; a key may occur more than once. Keys are lower-case; a key that ends in
/// <c>-bin</c> holds bytes, any other printable ASCII. Not thread-safe.
/// </summary>
#pragma warning disable CA1710 // Metadata is what the protocol calls it; RpcMetadataCollection would say it twice.
public sealed class RpcMetadata : IReadOnlyCollection<RpcMetadataEntry>
#pragma warning restore CA1710
{
    /// <summary>The end of a key whose value is bytes.</summary>
    public const string BinarySuffix = "-bin";

    private static readonly SearchValues<char> KeyChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.");

    private readonly List<RpcMetadataEntry> _entries = [];

    /// <summary>Number of entries.</summary>
    public int Count => _entries.Count;

    /// <summary>Appends text.</summary>
    /// <param name="key">Letters, digits, <c>_ - .</c>; made lower-case. Neither <c>grpc-…</c> nor <c>…-bin</c>.</param>
    /// <param name="value">Printable ASCII (0x20 to 0x7E) without leading or trailing blanks.</param>
    /// <exception cref="ArgumentException">Key or value is outside the rules.</exception>
    public void Add(string key, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var name = CheckKey(key);
        if (name.EndsWith(BinarySuffix, StringComparison.Ordinal))
        {
            throw new ArgumentException($"Metadata key '{name}' ends in {BinarySuffix}, so its value must be bytes.", nameof(key));
        }

        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new ArgumentException(
                $"The value of metadata key '{name}' holds a character outside printable ASCII; send bytes under '{name}{BinarySuffix}'.",
                nameof(value));
        }

        _entries.Add(new RpcMetadataEntry(name, value));
    }

    /// <summary>Appends bytes.</summary>
    /// <param name="key">As for text, and ending in <c>-bin</c>.</param>
    /// <param name="value">Kept by reference: do not change it afterwards.</param>
    /// <exception cref="ArgumentException">The key is outside the rules.</exception>
    public void Add(string key, ReadOnlyMemory<byte> value)
    {
        var name = CheckKey(key);
        if (!name.EndsWith(BinarySuffix, StringComparison.Ordinal))
        {
            throw new ArgumentException($"Metadata key '{name}' must end in {BinarySuffix} to hold bytes.", nameof(key));
        }

        _entries.Add(new RpcMetadataEntry(name, value));
    }

    /// <summary>The last text under a key, or null. Keys are compared without regard to case.</summary>
    public string? GetValue(string key) => Last(key)?.Value;

    /// <summary>The last bytes under a key, or null.</summary>
    public ReadOnlyMemory<byte>? GetBytes(string key) => Last(key)?.Bytes;

    /// <summary>All entries under a key, in order.</summary>
    public IEnumerable<RpcMetadataEntry> GetAll(string key) =>
        _entries.Where(entry => string.Equals(entry.Key, key, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public IEnumerator<RpcMetadataEntry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Appends what came from the wire; keys that the protocol keeps to itself must be filtered by the caller.</summary>
    internal void AddReceived(string key, string value)
    {
        var name = key.ToLowerInvariant();
        if (!name.EndsWith(BinarySuffix, StringComparison.Ordinal))
        {
            _entries.Add(new RpcMetadataEntry(name, value));
            return;
        }

        // A peer may join several binary values with commas, which base64 cannot hold.
        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (RpcWireText.TryDecodeBase64(part, out var bytes))
            {
                _entries.Add(new RpcMetadataEntry(name, bytes));
            }
        }
    }

    internal void AddRange(RpcMetadata other) => _entries.AddRange(other._entries);

    private static string CheckKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var name = key.ToLowerInvariant();
        if (name.AsSpan().ContainsAnyExcept(KeyChars))
        {
            throw new ArgumentException($"Metadata key '{key}' may hold only letters, digits and _ - .", nameof(key));
        }

        if (name.StartsWith("grpc-", StringComparison.Ordinal))
        {
            throw new ArgumentException($"Metadata key '{key}' starts with grpc-, which the protocol keeps to itself.", nameof(key));
        }

        return name;
    }

    private RpcMetadataEntry? Last(string key)
    {
        for (var index = _entries.Count - 1; index >= 0; index--)
        {
            if (string.Equals(_entries[index].Key, key, StringComparison.OrdinalIgnoreCase))
            {
                return _entries[index];
            }
        }

        return null;
    }
}
