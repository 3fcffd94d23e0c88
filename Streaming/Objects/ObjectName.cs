using System.Buffers;
using System.Globalization;
using System.Text;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Objects;

/// <summary>
/// Names of objects: parts of letters, digits and <c>-_.=%+@~</c> with a slash between them, the same for every store, so that no name
/// leaves a store's folder or means something else in another store.
/// </summary>
public static class ObjectName
{
    /// <summary>Most characters of a name.</summary>
    public const int LengthMax = 700;

    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=%+@~");
    private static readonly SearchValues<byte> Kept = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>Refuses what is no name.</summary>
    /// <exception cref="FlowException">It is none (<see cref="FlowErrorCode.BadInput"/>); the message says why.</exception>
    public static void Check(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length is 0 or > LengthMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"An object's name of {name.Length} characters; it has 1 to {LengthMax}.");
        }

        foreach (var part in name.AsSpan().Split('/'))
        {
            CheckPart(name, name.AsSpan()[part]);
        }
    }

    /// <summary>Refuses what no name begins with.</summary>
    /// <exception cref="FlowException">It is no prefix of a name (<see cref="FlowErrorCode.BadInput"/>).</exception>
    public static void CheckPrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (prefix.Length > 0)
        {
            // A prefix may end in the middle of a part or right behind a slash.
            Check(prefix[^1] == '/' ? prefix[..^1] : prefix.EndsWith("/.", StringComparison.Ordinal) || prefix == "." ? prefix + "x" : prefix);
        }
    }

    /// <summary>Any text as one part of a name: other characters become % and the two digits of each byte. Different texts stay different.</summary>
    public static string Escape(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var result = new StringBuilder(text.Length);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            _ = Kept.Contains(value) ? result.Append((char)value) : result.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        }

        return result.ToString();
    }

    private static void CheckPart(string name, ReadOnlySpan<char> part)
    {
        if (part.IsEmpty || part is "." or ".." || part.ContainsAnyExcept(Plain) || part.StartsWith(LocalObjectStore.TemporaryFolder))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"'{name}' is no object's name: part '{part}' is not letters, digits and -_.=%+@~, or it is '.', '..' or {LocalObjectStore.TemporaryFolder}.");
        }
    }
}
