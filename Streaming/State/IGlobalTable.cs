namespace OrleansFlow.Streaming.State;

/// <summary>A map of bytes in memory, all of which every subtask of the operator gets on restore. One caller at a time.</summary>
public interface IGlobalTable
{
    /// <summary>Number of entries.</summary>
    int Count { get; }

    /// <summary>The entries, in no order. Not to be changed meanwhile.</summary>
    IEnumerable<KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> Entries { get; }

    /// <summary>Looks a key up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; nobody changes these bytes.</param>
    /// <returns>Whether the key has a value.</returns>
    bool TryGet(ReadOnlySpan<byte> key, out ReadOnlyMemory<byte> value);

    /// <summary>Sets the value of a key. Both are copied.</summary>
    void Put(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value);

    /// <summary>Removes a key.</summary>
    /// <returns>Whether it had a value.</returns>
    bool Remove(ReadOnlySpan<byte> key);
}
